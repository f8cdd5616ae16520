use super::*;

/// Opens bytes and returns the decoded text and what was found.
fn opened(bytes: &[u8], label: Option<&str>) -> Result<(String, Source), Refused> {
    let source = open(Input::bytes("test.csv", bytes), label)?;
    let mut text = Vec::new();
    let mut chunk = [0; 7];
    loop {
        let offset = source.text.start() + crate::text::wide(text.len());
        let n = source.text.read_at(offset, &mut chunk).expect("memory and temp files read");
        if n == 0 {
            break;
        }
        text.extend_from_slice(&chunk[..n]);
    }
    Ok((String::from_utf8(text).expect("sources are UTF-8"), source))
}

#[track_caller]
fn refused(bytes: &[u8], label: Option<&str>) -> Diagnostic {
    let refused = opened(bytes, label).err().expect("refused");
    refused.diagnostics()[0].clone()
}

#[test]
fn encodings_are_found_in_the_stated_order() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    };
    let german = "Titel;Größe\nStraße;süß — Müller über Öl, schöne Grüße\n";
    let (cp1252, _, _) = encoding_rs::WINDOWS_1252.encode(german);
    #[rustfmt::skip]
    let table: [(Vec<u8>, Option<&str>, &str, EncodingSource); 6] = [
        (german.into(),                                   None, "UTF-8", EncodingSource::Utf8),
        (format!("\u{feff}{german}").into(),              None, "UTF-8", EncodingSource::ByteOrderMark),
        (utf16(&format!("\u{feff}{german}"), false),      None, "UTF-16LE", EncodingSource::ByteOrderMark),
        (utf16(&format!("\u{feff}{german}"), true),       None, "UTF-16BE", EncodingSource::ByteOrderMark),
        (cp1252.to_vec(),                                 None, "windows-1252", EncodingSource::Guessed),
        (utf16(german, true),                             Some("utf-16be"), "UTF-16BE", EncodingSource::Given),
    ];
    for (bytes, label, name, found_by) in table {
        let (text, source) = opened(&bytes, label).expect(name);
        assert_eq!(text, german, "{name}");
        assert_eq!((source.encoding, source.encoding_source), (name, found_by));
        assert_eq!(source.remarks.len(), usize::from(found_by == EncodingSource::Guessed));
    }
}

#[test]
fn a_damaged_file_is_refused_not_guessed() {
    let mut bytes = "Títle\nGröße\nÖl\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"caf\xe9\n");
    let refusal = refused(&bytes, None);
    assert_eq!((refusal.code.as_str(), refusal.place.line), ("E129", 4));
    assert!(refusal.message.contains("offset 22"), "{}", refusal.message);
    // Said expressly, it is decoded as told, even though that makes no sense here.
    assert!(opened(&bytes, Some("windows-1252")).is_ok());
    assert_eq!(refused(b"a,b\n\xff\xfe\xfd", Some("utf-8")).code, "E129");
    assert_eq!(refused(b"a\x00\x00\x00", Some("utf-16le")).code, "E128");
    assert_eq!(refused(b"a,b\n\x85", Some("shift_jis")).message, {
        "the byte at offset 4 is not valid Shift_JIS"
    });
    let help = refused(b"a,b", Some("windows1251")).help.expect("help");
    assert!(help.contains("windows-1251"), "{help}");
}

#[test]
fn nul_bytes_are_refused_with_their_line() {
    let refusal = refused(b"a,b\r\n1,2\r3,\x004\n", None);
    assert_eq!((refusal.code.as_str(), refusal.place.line), ("E128", 3));
    let refusal = refused(b"a\x00,\x00b\x00\n\x001\x00", None);
    assert!(refusal.help.expect("help").contains("utf-16le"));
}

#[test]
fn blank_starts_and_late_marks_are_stepped_over() {
    #[rustfmt::skip]
    let table = [
        ("\n\t\u{feff}ID,Name\n",     "ID,Name\n",   2),
        ("\u{feff}ID\n",              "ID\n",        1),
        ("\u{feff}\r\n\r\nID\n",      "ID\n",        3),
        ("\n \r\n    ID,Name\n",      "    ID,Name\n", 3),
        ("\tID\n",                    "\tID\n",      1),
        ("\n\n",                      "",            3),
    ];
    for (raw, text, line) in table {
        let (found, source) = opened(raw.as_bytes(), None).expect(raw);
        assert_eq!((found.as_str(), source.text.first_line()), (text, line), "{raw:?}");
    }
}

#[test]
fn the_hash_is_of_the_original_bytes() {
    let (_, source) = opened(b"\xef\xbb\xbfabc", None).expect("UTF-8");
    assert_eq!(source.bytes, 6);
    assert_eq!(source.sha256, "1c28dc3f1f804a1ad9c9b4b4cf5e2658d16ad4ed08e3020d04a8d2865018947c");
}

#[test]
fn streams_and_missing_files() {
    let text = "Handle,Title\na,b\n".repeat(50_000);
    let source = open(Input::reader("-", std::io::Cursor::new(text.clone())), None);
    assert_eq!(source.expect("a stream").bytes, crate::text::wide(text.len()));
    let refusal = open(Input::path("/no/such/file.csv"), None).err().expect("refused");
    assert_eq!(refusal.diagnostics()[0].code, "E150");
    assert_eq!(refused(b"", None).code, "E132");
}

#[test]
fn characters_cut_by_a_chunk_border_are_whole() {
    // One byte of padding more each time moves the border through a three-byte character.
    for padding in 0..4 {
        let text = format!("{}{}", "x".repeat(padding), "€".repeat(CHUNK_BYTES));
        let (found, source) = opened(text.as_bytes(), None).expect("UTF-8");
        assert_eq!((found.len(), source.encoding), (text.len(), "UTF-8"));
    }
}
