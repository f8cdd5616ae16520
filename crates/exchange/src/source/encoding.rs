//! Which encoding the bytes are in, and their way to UTF-8.
//!
//! [`survey`] reads everything once and decides nothing; [`choose`] decides by the order that the parent module
//! states; [`transcode`] decodes into a temporary file and stops at the first byte that does not decode.

use std::io::{self, Seek, SeekFrom, Write};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8};
use sha2::{Digest, Sha256};
use sutler_core::import::Place;

use super::text::Lines;
use super::{CHUNK_BYTES, Text, nul_found};
use crate::codes;
use crate::diagnose::{fatal, fatal_place};
use crate::open::Refused;
use crate::text::wide;

/// How the encoding of a file was found.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{EncodingSource, Input, ReadOptions, open};
///
/// let latin = b"Handle,Title,Variant Price\nhut,H\xfctte,19.90\n".to_vec();
/// let options =
///     ReadOptions { encoding: Some("windows-1252".into()), ..ReadOptions::new(Currency::EUR) };
/// let opened = open(Input::bytes("hats.csv", latin), options)?;
/// assert_eq!(opened.summary().encoding_source, EncodingSource::Given);
/// let hut = opened.products().next().expect("a product")?.draft.expect("accepted");
/// assert_eq!(hut.title.as_deref(), Some("Hütte"));
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncodingSource {
    /// A byte order mark at the start says it.
    ByteOrderMark,
    /// Every byte of the file is valid UTF-8.
    Utf8,
    /// Guessed from the frequency of the bytes: a person should look at the letters.
    Guessed,
    /// The caller said so.
    Given,
}

/// What one pass over the bytes found.
pub(super) struct Survey {
    /// How many bytes there are.
    pub(super) bytes: u64,
    /// SHA-256 of them, in hexadecimal.
    pub(super) sha256: String,
    /// The first bytes.
    pub(super) first: Vec<u8>,
    /// Physical line of the first NUL byte.
    pub(super) nul_line: Option<u64>,
    nuls: u64,
    bad: u64,
    first_bad: Option<(u64, u64)>,
    characters_beyond_ascii: u64,
}

impl Survey {
    /// Tells whether so many bytes are NUL that the text is probably UTF-16.
    pub(super) fn nul_share_high(&self) -> bool {
        self.nuls.saturating_mul(5) > self.bytes
    }
}

/// What to decode with.
pub(super) struct Choice {
    pub(super) encoding: &'static Encoding,
    pub(super) source: EncodingSource,
    /// Whether the bytes are UTF-8 already.
    pub(super) in_place: bool,
}

/// Reads all bytes once.
pub(super) fn survey(text: &Text) -> io::Result<Survey> {
    let mut hash = Sha256::new();
    let mut found = Survey {
        bytes: 0,
        sha256: String::new(),
        first: Vec::new(),
        nul_line: None,
        nuls: 0,
        bad: 0,
        first_bad: None,
        characters_beyond_ascii: 0,
    };
    let mut buffer = vec![0; CHUNK_BYTES];
    // Bytes at the start of the buffer that belong to a character cut off by the last chunk.
    let mut carried = 0;
    let mut lines = Lines::new();
    loop {
        let n = text.read_at(found.bytes, &mut buffer[carried..])?;
        hash.update(&buffer[carried..carried + n]);
        let fresh = &buffer[carried..carried + n];
        if found.bytes == 0 {
            found.first.extend_from_slice(&fresh[..n.min(128)]);
        }
        if fresh.contains(&0) {
            note_nuls(&mut found, fresh, lines);
        }
        let before = found.bytes - wide(carried);
        let keep = check_utf8(&mut found, &buffer[..carried + n], before, lines, n == 0);
        lines.advance(&buffer[carried..carried + n]);
        found.bytes += wide(n);
        if n == 0 {
            break;
        }
        buffer.copy_within(carried + n - keep..carried + n, 0);
        carried = keep;
    }
    found.sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(found)
}

/// Counts the NUL bytes of a chunk.
fn note_nuls(found: &mut Survey, fresh: &[u8], lines: Lines) {
    if let Some(at) = fresh.iter().position(|b| *b == 0) {
        found.nul_line.get_or_insert(lines.after(&fresh[..at]));
    }
    found.nuls += wide(fresh.iter().filter(|b| **b == 0).count());
}

/// Checks a chunk that begins at file offset `before`; returns how many bytes at its end belong to a cut character.
fn check_utf8(found: &mut Survey, chunk: &[u8], before: u64, lines: Lines, last: bool) -> usize {
    let mut rest = chunk;
    loop {
        let (good, bad_len) = match std::str::from_utf8(rest) {
            Ok(good) => (good.as_bytes(), None),
            Err(error) => (&rest[..error.valid_up_to()], Some(error.error_len())),
        };
        if !good.is_ascii() {
            found.characters_beyond_ascii += wide(good.iter().filter(|b| **b >= 0xc0).count());
        }
        let at = chunk.len() - rest.len() + good.len();
        let skip = match bad_len {
            None => return 0,
            Some(None) if !last => return chunk.len() - at,
            Some(None) => chunk.len() - at,
            Some(Some(length)) => length,
        };
        found.bad += 1;
        if found.first_bad.is_none() {
            // The carried bytes belong to a character, so they hold no line end.
            found.first_bad = Some((before + wide(at), lines.after(&chunk[..at])));
        }
        rest = &rest[good.len() + skip..];
        if rest.is_empty() {
            return 0;
        }
    }
}

/// Decides the encoding.
pub(super) fn choose(text: &Text, facts: &Survey, label: Option<&str>) -> Result<Choice, Refused> {
    if let Some(label) = label {
        let encoding = Encoding::for_label(label.as_bytes()).ok_or_else(|| unknown(label))?;
        return settle(encoding, EncodingSource::Given, facts);
    }
    if let Some((encoding, _)) = Encoding::for_bom(&facts.first) {
        return settle(encoding, EncodingSource::ByteOrderMark, facts);
    }
    if facts.first_bad.is_none() {
        return settle(UTF_8, EncodingSource::Utf8, facts);
    }
    if let Some(line) = facts.nul_line {
        return Err(nul_found(line, facts.nul_share_high()));
    }
    if facts.characters_beyond_ascii > facts.bad {
        return settle(UTF_8, EncodingSource::Utf8, facts);
    }
    let encoding = guess(text).map_err(|error| super::read_failed("the file", &error))?;
    settle(encoding, EncodingSource::Guessed, facts)
}

/// Turns an encoding into a choice; UTF-8 must hold for every byte.
fn settle(
    encoding: &'static Encoding,
    source: EncodingSource,
    facts: &Survey,
) -> Result<Choice, Refused> {
    if encoding != UTF_8 {
        return Ok(Choice { encoding, source, in_place: false });
    }
    match facts.first_bad {
        None => Ok(Choice { encoding, source, in_place: true }),
        Some((offset, line)) => Err(undecodable(
            "UTF-8",
            offset,
            line,
            "the file mixes encodings or is damaged: export it again, or name another encoding with `--encoding`",
        )),
    }
}

/// Guesses a legacy encoding from all bytes.
fn guess(text: &Text) -> io::Result<&'static Encoding> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    loop {
        let n = text.read_at(offset, &mut buffer)?;
        detector.feed(&buffer[..n], n == 0);
        offset += wide(n);
        if n == 0 {
            return Ok(detector.guess(None, Utf8Detection::Deny));
        }
    }
}

/// Decodes everything into a temporary file.
pub(super) fn transcode(text: &Text, choice: &Choice) -> Result<Text, Refused> {
    let failed = |error: io::Error| super::read_failed("the file", &error);
    let name = choice.encoding.name();
    let guessed = choice.source == EncodingSource::Guessed;
    let mut decoder = choice.encoding.new_decoder_with_bom_removal();
    let mut file = tempfile::tempfile().map_err(failed)?;
    let mut input = vec![0; CHUNK_BYTES];
    let mut output = vec![0; CHUNK_BYTES];
    let (mut offset, mut lines) = (0, Lines::new());
    loop {
        let n = text.read_at(offset, &mut input).map_err(failed)?;
        let mut chunk = &input[..n];
        loop {
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(chunk, &mut output, n == 0);
            let decoded = &output[..written];
            offset += wide(read);
            chunk = &chunk[read..];
            if let Some(at) = decoded.iter().position(|b| *b == 0) {
                return Err(nul_found(lines.after(&decoded[..at]), false));
            }
            if guessed && let Some(at) = control_at(decoded) {
                let help = "the guess is wrong: name the encoding with `--encoding`";
                return Err(undecodable(name, offset, lines.after(&decoded[..at]), help));
            }
            file.write_all(decoded).map_err(failed)?;
            lines.advance(decoded);
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    let at = offset.saturating_sub(u64::from(length) + u64::from(after));
                    let help =
                        "name the right encoding with `--encoding`, or export the file as UTF-8";
                    return Err(undecodable(name, at, lines.after(&[]), help));
                }
            }
        }
        if n == 0 {
            break;
        }
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Text::from_file(file).map_err(failed)
}

/// Finds a control character U+0080 to U+009F, which no text holds and a wrong guess makes.
fn control_at(utf8: &[u8]) -> Option<usize> {
    utf8.windows(2).position(|pair| pair[0] == 0xc2 && (0x80..0xa0).contains(&pair[1]))
}

/// The refusal of an encoding nobody knows.
fn unknown(label: &str) -> Refused {
    const COMMON: [&str; 12] = [
        "utf-8",
        "utf-16le",
        "utf-16be",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "iso-8859-2",
        "iso-8859-15",
        "shift_jis",
        "gbk",
        "big5",
        "euc-kr",
    ];
    let help = match crate::text::nearest(label, COMMON.into_iter()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("common names are {}", COMMON.join(", ")),
    };
    Refused::one(fatal(&codes::UNKNOWN_ENCODING, format!("no encoding is called {label:?}"), help))
}

/// The refusal of a byte that does not decode.
fn undecodable(name: &str, offset: u64, line: u64, help: &str) -> Refused {
    Refused::one(fatal_place(
        &codes::UNDECODABLE,
        Place { line, ..Place::default() },
        format!("the byte at offset {offset} is not valid {name}"),
        help,
    ))
}
