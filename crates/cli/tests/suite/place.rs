//! A folder with a shop in it, and the program run there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The address that tests send goods to.
pub(crate) const ADDRESS: &str = "Ada Lovelace;St James Square 12;10115;Berlin;DE";

/// The program under test.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_sutler"))
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}

impl Ended {
    /// Insists on an exit code.
    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Reads stdout as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let read = serde_json::from_str(&self.stdout);
        read.unwrap_or_else(|error| {
            panic!("{error} in:\n{}\nstderr:\n{}", self.stdout, self.stderr)
        })
    }

    /// Returns everything that was printed, as a snapshot shows it.
    pub(crate) fn shown(&self) -> String {
        let mut shown = normalized(&self.stdout);
        if !self.stderr.is_empty() {
            shown.push_str("--- stderr\n");
            shown.push_str(&normalized(&self.stderr));
        }
        if self.code != 0 {
            shown.push_str(&format!("--- exit {}\n", self.code));
        }
        shown
    }
}

/// A folder of its own for one test.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A folder with the demo shop.
    pub(crate) fn demo() -> Self {
        static TEMPLATE: OnceLock<Place> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let place = Place::empty();
            place.run(&["init", "--demo"]).with_code(0);
            place.run(&["index", "sync"]).with_code(0);
            place
        });
        template.copy()
    }

    /// A folder with a shop that has been selling: order 1001 is confirmed, 1002 shipped, 1003 waits for its money and 1004
    /// was delivered; there is a coupon and a second stock location.
    pub(crate) fn busy() -> Self {
        static TEMPLATE: OnceLock<Place> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let place = Place::demo();
            place.run(&["location", "add", "van", "--name", "Van"]).with_code(0);
            place
                .run(&["promotion", "add", "Welcome", "--percent", "10", "--coupon", "WELCOME10"])
                .with_code(0);
            place.order("FEN-SKIL-26", "2", "test:ok");
            for number in ["1002", "1004"] {
                if number == "1004" {
                    place.order("FEN-SKIL-20", "1", "manual:cash");
                }
                place.order("FEN-SKIL-20", "1", "test:ok");
                place
                    .run(&["fulfill", "ship", number, "--carrier", "dhl", "--tracking", "42"])
                    .with_code(0);
            }
            place.run(&["fulfill", "deliver", "1004"]).with_code(0);
            place
        });
        template.copy()
    }

    fn copy(&self) -> Self {
        let copy = Place::empty();
        copy_folder(self.path(), copy.path());
        copy
    }

    /// Makes what a command line speaks of and a busy shop lacks: a customer, a collection, a fee, a tax zone.
    pub(crate) fn ready_for(&self, line: &str) -> &Self {
        for (word, made_by) in [
            (" trader@example.com", "customer add trader@example.com"),
            (" winter", "collection add winter --product field-skillet"),
            ("fee remove cash", "fee add cash.toml"),
            ("tax remove AT", "tax import --eu"),
            ("shop drop kiosk", "shop create kiosk --currency EUR"),
        ] {
            let words: Vec<&str> = made_by.split(' ').collect();
            if line.contains(word) && !line.contains(&words[..2].join(" ")) {
                self.run(&words).with_code(0);
            }
        }
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.file(name), text).expect("the folder is writable");
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).expect("the file is there")
    }

    /// Returns the program, to be run in the folder with nothing of the caller's surroundings.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new(program());
        command.args(words).current_dir(self.path()).stdin(Stdio::null());
        clean(&mut command, self.path());
        command
    }

    /// Runs the program in the folder.
    #[track_caller]
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        self.command(words).output().expect("the program starts").into()
    }

    /// Runs a line of a shell in the folder, with the program on its path.
    pub(crate) fn shell(&self, line: &str, variables: &[(&str, &str)]) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-euc", line]).current_dir(self.path()).stdin(Stdio::null());
        clean(&mut command, self.path());
        let folder = program().parent().expect("the program lies in a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(paths).expect("folders can be joined"));
        command.envs(variables.iter().copied());
        command.output().expect("there is a shell").into()
    }

    /// Starts a cart with some units of a variant; returns its id.
    #[track_caller]
    pub(crate) fn cart(&self, variant: &str, quantity: &str) -> String {
        let cart = self.run(&["cart", "new"]).with_code(0).stdout.trim().to_owned();
        self.run(&["cart", "add", &cart, variant, quantity]).with_code(0);
        cart
    }

    /// Issues a gift card; returns its code.
    #[track_caller]
    pub(crate) fn gift_card(&self, amount: &str) -> String {
        let issued = self.run(&["gift-card", "issue", amount, "--json"]).with_code(0).json();
        issued["code"].as_str().expect("it is shown once").to_owned()
    }

    /// Checks a cart out.
    #[track_caller]
    pub(crate) fn checkout(&self, cart: &str, pay: &str, more: &[&str]) -> Ended {
        let words = [
            "checkout",
            cart,
            "--email",
            "ada@example.com",
            "--ship-to",
            ADDRESS,
            "--delivery",
            "standard",
            "--pay",
            pay,
        ];
        self.run(&[&words[..], more].concat())
    }

    /// Places an order.
    #[track_caller]
    pub(crate) fn order(&self, variant: &str, quantity: &str, pay: &str) {
        let cart = self.cart(variant, quantity);
        self.checkout(&cart, pay, &[]).with_code(0);
    }
}

/// Takes everything out of the surroundings that could change what is printed.
fn clean(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SUTLER_") {
            command.env_remove(name);
        }
    }
    for name in ["NO_COLOR", "COLUMNS", "XDG_CONFIG_HOME", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.env("HOME", home.join("home")).env("TERM", "xterm");
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a writable folder");
    for entry in std::fs::read_dir(from).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Replaces what differs from run to run: ids by their kind and order, moments, durations, sizes and hashes.
pub(crate) fn normalized(text: &str) -> String {
    let mut ids: Vec<String> = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_alphanumeric() || "_-:.+".contains(c) {
            word.push(c);
            continue;
        }
        out.push_str(&named(&word, &mut ids));
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    durations(&out)
}

fn named(word: &str, ids: &mut Vec<String>) -> String {
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let trimmed = word.trim_end_matches(['.', ':']);
    let rest = &word[trimmed.len()..];
    if let Some((kind, digits)) = trimmed.split_once('_')
        && is_hex(digits.split(':').next().unwrap_or(""), 32)
    {
        let id = trimmed.split(':').next().unwrap_or("").to_owned();
        let tail = &trimmed[id.len()..];
        let number = ids.iter().position(|known| *known == id).unwrap_or_else(|| {
            ids.push(id);
            ids.len() - 1
        });
        return format!("[{kind} {}]{tail}{rest}", number + 1);
    }
    if is_hex(trimmed, 64) {
        return format!("[hash]{rest}");
    }
    if trimmed.len() == 24 && trimmed.ends_with('Z') && trimmed.as_bytes().get(10) == Some(&b'T') {
        return format!("[time]{rest}");
    }
    word.to_owned()
}

/// Replaces numbers that stand before `ms`, `rows/s` and `bytes`, or behind such a JSON field.
fn durations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        for unit in [" ms", " rows/s", " bytes"] {
            let mut from = 0;
            while let Some(found) = line[from..].find(unit) {
                let end = from + found;
                let start = line[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
                if start < end {
                    line.replace_range(start..end, "[n]");
                    from = start + "[n]".len() + unit.len();
                } else {
                    from = end + unit.len();
                }
            }
        }
        for field in ["\"elapsed_ms\": ", "\"bytes\": "] {
            if let Some(at) = line.find(field) {
                let start = at + field.len();
                let digits = line[start..].bytes().take_while(u8::is_ascii_digit).count();
                line.replace_range(start..start + digits, "0");
            }
        }
        out.push_str(&line);
    }
    out
}

#[test]
fn snapshots_hide_what_differs_from_run_to_run() {
    let text = "cart_01980000000070008000000000000042 at 2026-01-01T00:00:00.000Z, again \
                cart_01980000000070008000000000000042: 12 ms, 700 rows/s";
    assert_eq!(normalized(text), "[cart 1] at [time], again [cart 1]: [n] ms, [n] rows/s");
}
