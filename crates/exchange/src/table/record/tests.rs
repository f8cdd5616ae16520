use super::*;
use proptest::prelude::*;

/// Reads everything: the cells of each record and where it begins.
fn read_all(bytes: &[u8], delimiter: u8) -> Result<Vec<(Vec<String>, Mark)>, Refused> {
    let text = Text::from_bytes(bytes.to_vec());
    let mut reader = RecordReader::new(&text, delimiter);
    let mut records = Vec::new();
    while let Some(record) = reader.read()? {
        records.push((record.iter().map(str::to_owned).collect(), record.mark));
    }
    Ok(records)
}

#[test]
fn records_know_their_physical_line() {
    let text = "a,b\r\n\n1,\"x\ny\rz\r\n\"\r2,3\n\r\n4,5";
    let records = read_all(text.as_bytes(), b',').expect("well-formed");
    let lines: Vec<_> = records.iter().map(|(_, mark)| (mark.record, mark.line)).collect();
    assert_eq!(lines, [(0, 1), (1, 3), (2, 7), (3, 9)]);
    assert_eq!(records[1].0, ["1", "x\ny\rz\r\n"]);
}

#[test]
fn quotes_follow_the_common_rules() {
    #[rustfmt::skip]
    let table: [(&str, &[&str]); 8] = [
        ("\"a\"\"b\",c",   &["a\"b", "c"]),
        ("\"\",\"\"\"\"",  &["", "\""]),
        ("a\"b,c",         &["a\"b", "c"]),
        ("\"27\" wide,c",  &["27 wide", "c"]),
        ("\"a\"\"\"x\"y,c", &["a\"x\"y", "c"]),
        (" \"a\",c",       &[" \"a\"", "c"]),
        ("a,",             &["a", ""]),
        ("\"ü\"\"ö\"",     &["ü\"ö"]),
    ];
    for (line, cells) in table {
        assert_eq!(read_all(line.as_bytes(), b',').expect(line)[0].0, cells, "{line}");
    }
}

#[test]
fn an_open_quote_names_where_it_opened() {
    let refusal = read_all(b"a,b\n1,2\n3,\"never\nclosed,\n", b',').expect_err("open");
    let diagnostic = &refusal.diagnostics()[0];
    assert_eq!((diagnostic.code.as_str(), diagnostic.place.line), ("E124", 3));
    assert_eq!(diagnostic.place.record, 2);
    assert!(diagnostic.message.contains("line 5"), "{}", diagnostic.message);
    assert_eq!(diagnostic.value.as_deref(), Some("never⏎closed,⏎"));
}

#[test]
fn caps_hold_before_the_memory_is_taken() {
    let code =
        |bytes: Vec<u8>| read_all(&bytes, b',').expect_err("capped").diagnostics()[0].code.clone();
    assert_eq!(code(vec![b'x'; CELL_BYTES_MAX + 1]), "E125");
    assert_eq!(code([&b"a,\""[..], &vec![b'x'; CELL_BYTES_MAX * 3]].concat()), "E125");
    assert_eq!(code(vec![b','; COLUMNS_MAX]), "E126");
    let cell = [vec![b'x'; CELL_BYTES_MAX - 1], vec![b',']].concat();
    assert_eq!(code(cell.repeat(9)), "E127");
    assert!(read_all(&vec![b'x'; CELL_BYTES_MAX], b',').is_ok());
}

#[test]
fn a_mark_gives_its_record_again() {
    let rows: String = (0..5000).map(|n| format!("{n},\"x\"\"{n}\ny\"\n")).collect();
    let text = Text::from_bytes(rows.into_bytes());
    let mut reader = RecordReader::new(&text, b',');
    let mut marks = Vec::new();
    while let Some(record) = reader.read().expect("well-formed") {
        marks.push((record.mark, record.get(1).to_owned()));
    }
    for (mark, cell) in marks.iter().rev().step_by(7).chain(marks.iter().step_by(501)) {
        reader.seek(*mark);
        let record = reader.read().expect("well-formed").expect("there");
        assert_eq!((record.mark, record.get(1)), (*mark, cell.as_str()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_grammar_is_that_of_the_csv_crate(text in "[a,\"\n\r;ü ]{0,40}") {
        let mut oracle = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<String>> = oracle
            .records()
            .map(|record| record.expect("UTF-8").iter().map(str::to_owned).collect())
            .collect();
        match read_all(text.as_bytes(), b',') {
            Ok(records) => {
                let cells: Vec<Vec<String>> = records.into_iter().map(|(cells, _)| cells).collect();
                prop_assert_eq!(cells, expected);
            }
            Err(refusal) => prop_assert_eq!(&refusal.diagnostics()[0].code, "E124"),
        }
    }
}
