//! A payment provider for demos and tests, with a ledger of its own.
//!
//! The ledger is the ground truth of what "really" happened to money, kept apart from the shop: in memory, or as one JSON
//! line a call in a file that several processes share. Same key, same answer, one entry.
//!
//! | method | what it does |
//! |---|---|
//! | `test:ok` | holds the money |
//! | `test:decline` | says no |
//! | `test:timeout` | holds the money, but the reply is lost; a look-up finds it |
//! | `test:unknown` | does not say; the first look-up finds it still under way, later ones that it never happened |
//! | `test:capture-decline` | holds the money, says no to the capture |

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sutler_core::money::Money;
use sutler_core::port::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};

/// What may stand behind `test:`.
const METHODS: [&str; 5] = ["ok", "decline", "timeout", "unknown", "capture-decline"];

/// What the test provider did, or what it was asked about.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::port::{PaymentProvider, ProviderRequest};
/// use sutler_engine::provider::TestProvider;
///
/// let bank = TestProvider::in_memory();
/// let hold = ProviderRequest {
///     key: "pay_1:authorize".into(),
///     amount: Money::from_minor(2_870, Currency::EUR),
///     method: "decline".into(),
///     follows: String::new(),
///     order: "ord_1".into(),
/// };
/// assert!(bank.authorize(&hold).is_err());
/// let entry = bank.ledger()?.remove(0);
/// assert_eq!((entry.verb.as_str(), entry.amount), ("authorize", hold.amount));
/// assert!(entry.declined.is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The call's key.
    pub key: String,
    /// `authorize`, `capture`, `void`, `refund`, or `lookup`.
    pub verb: String,
    /// For how much.
    pub amount: Money,
    /// The method it was asked with.
    pub method: String,
    /// The entry that this one follows.
    pub follows: String,
    /// The name it was given; empty when it was declined or is under way.
    pub reference: String,
    /// Why it was declined.
    pub declined: Option<String>,
}

#[derive(Default)]
struct Book {
    path: Option<PathBuf>,
    file: Option<File>,
    read_to: u64,
    entries: Vec<LedgerEntry>,
    by_key: BTreeMap<String, usize>,
}

/// The provider `test`. See the module for its methods.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::port::{Lookup, PaymentProvider, ProviderError, ProviderRequest};
/// use sutler_engine::provider::TestProvider;
///
/// let folder = tempfile::tempdir()?;
/// let bank = TestProvider::at(folder.path().join("ledger"));
/// let hold = ProviderRequest {
///     key: "pay_1:authorize".into(),
///     amount: Money::from_minor(2_870, Currency::EUR),
///     method: "timeout".into(),
///     follows: String::new(),
///     order: "ord_1".into(),
/// };
/// // The reply is lost, again and again; a look-up finds what happened, and it happened once.
/// assert!(matches!(bank.authorize(&hold), Err(ProviderError::Unknown { .. })));
/// assert!(matches!(bank.authorize(&hold), Err(ProviderError::Unknown { .. })));
/// assert!(matches!(bank.lookup(&hold.key)?, Lookup::Done(_)));
/// assert_eq!(bank.ledger()?.len(), 1);
///
/// assert!(TestProvider::in_memory().ledger()?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TestProvider {
    book: Mutex<Book>,
}

impl Default for TestProvider {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl TestProvider {
    /// Returns a provider whose ledger ends with it.
    pub fn in_memory() -> Self {
        Self { book: Mutex::new(Book::default()) }
    }

    /// Returns a provider whose ledger is a file, made with the first call. Programs may share it.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { book: Mutex::new(Book { path: Some(path.into()), ..Book::default() }) }
    }

    /// Returns everything that happened so far, look-ups left out.
    pub fn ledger(&self) -> io::Result<Vec<LedgerEntry>> {
        self.with_book(|book| {
            book.entries.iter().filter(|entry| entry.verb != "lookup").cloned().collect()
        })
    }

    /// Runs `work` on the book as all programs have written it, with nobody else writing.
    fn with_book<T>(&self, work: impl FnOnce(&mut Book) -> T) -> io::Result<T> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if let (None, Some(path)) = (&book.file, &book.path) {
            let file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
            book.file = Some(file);
        }
        if let Some(file) = &book.file {
            file.lock()?;
        }
        let answer = book.catch_up().map(|()| work(&mut book));
        if let Some(file) = &book.file {
            file.unlock()?;
        }
        answer
    }

    fn call(
        &self,
        verb: &'static str,
        request: &ProviderRequest,
    ) -> Result<ProviderReply, ProviderError> {
        let unavailable =
            |error: io::Error| ProviderError::Unavailable { reason: error.to_string() };
        let entry = self
            .with_book(|book| {
                match book.by_key.get(&request.key).and_then(|at| book.entries.get(*at)) {
                    Some(known) => Ok(known.clone()),
                    None => {
                        let entry = book.judge(verb, request);
                        book.append(entry.clone()).map(|()| entry)
                    }
                }
            })
            .and_then(|entry| entry)
            .map_err(unavailable)?;
        if let Some(reason) = entry.declined {
            return Err(ProviderError::Declined { reason });
        }
        let hides = verb == "authorize" && matches!(request.method.as_str(), "timeout" | "unknown");
        if hides {
            return Err(ProviderError::Unknown {
                reason: format!("test:{} hides its answer", request.method),
            });
        }
        Ok(ProviderReply { reference: entry.reference, amount: entry.amount })
    }
}

impl Book {
    /// Reads what others wrote since the last look.
    fn catch_up(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut fresh = String::new();
        file.seek(SeekFrom::Start(self.read_to))?;
        file.read_to_string(&mut fresh)?;
        // A line cut off by a crash never answered anybody; it is passed over, and what follows starts on its own line.
        let whole = fresh.rfind('\n').map_or(0, |end| end + 1);
        let (lines, torn) = fresh.split_at(whole);
        self.read_to += u64::try_from(whole).unwrap_or(0);
        if !torn.is_empty() {
            file.write_all(b"\n")?;
            self.read_to += u64::try_from(torn.len()).unwrap_or(0) + 1;
        }
        let entries: Vec<LedgerEntry> =
            lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        for entry in entries {
            self.index(entry);
        }
        Ok(())
    }

    fn index(&mut self, entry: LedgerEntry) {
        if entry.verb != "lookup" {
            self.by_key.insert(entry.key.clone(), self.entries.len());
        }
        self.entries.push(entry);
    }

    fn append(&mut self, entry: LedgerEntry) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            let mut line = serde_json::to_string(&entry).map_err(io::Error::other)?;
            line.push('\n');
            file.write_all(line.as_bytes())?;
            self.read_to += u64::try_from(line.len()).unwrap_or(0);
        }
        self.index(entry);
        Ok(())
    }

    /// Decides what happens to money, as an issuing bank would.
    fn judge(&self, verb: &'static str, request: &ProviderRequest) -> LedgerEntry {
        let declined = match (verb, request.method.as_str()) {
            ("authorize", "decline") => Some("the test card was declined".to_owned()),
            ("authorize", method) if METHODS.contains(&method) => None,
            ("authorize", method) => Some(format!("the test bank has no card `{method}`")),
            ("capture", "capture-decline") => Some("the test card declined the capture".to_owned()),
            _ => self.too_much(verb, request),
        };
        let under_way = verb == "authorize" && request.method == "unknown";
        let named = declined.is_none() && !under_way;
        LedgerEntry {
            key: request.key.clone(),
            verb: verb.to_owned(),
            amount: request.amount,
            method: request.method.clone(),
            follows: request.follows.clone(),
            reference: if named {
                format!("test_{verb}_{}", self.entries.len() + 1)
            } else {
                String::new()
            },
            declined,
        }
    }

    /// Says no to more than the followed entry has left.
    fn too_much(&self, verb: &str, request: &ProviderRequest) -> Option<String> {
        let done = |entry: &&LedgerEntry| entry.declined.is_none() && !entry.reference.is_empty();
        let named = |entry: &&LedgerEntry| {
            entry.reference == request.follows || entry.key == request.follows
        };
        let followed = self.entries.iter().filter(done).find(named);
        let Some(followed) = followed else {
            // Nothing was ever held under that key: dropping it is done.
            return (verb != "void").then(|| format!("there is nothing to {verb}"));
        };
        let after = |verb: &str| -> i64 {
            let same = |entry: &&LedgerEntry| {
                entry.verb == verb
                    && (entry.follows == followed.reference || entry.follows == followed.key)
            };
            self.entries.iter().filter(done).filter(same).map(|entry| entry.amount.minor()).sum()
        };
        let left = match verb {
            "capture" if after("void") > 0 => 0,
            "capture" => followed.amount.minor() - after("capture"),
            "refund" if followed.verb != "capture" => 0,
            "refund" => followed.amount.minor() - after("refund"),
            _ => return (after("capture") > 0).then(|| "the hold was captured already".to_owned()),
        };
        (request.amount.minor() > left)
            .then(|| format!("only {left} minor units are left to {verb}"))
    }
}

impl PaymentProvider for TestProvider {
    fn name(&self) -> &'static str {
        "test"
    }

    fn check_method(&self, method: &str) -> Result<(), String> {
        if METHODS.contains(&method) {
            return Ok(());
        }
        let known: Vec<String> = METHODS.iter().map(|method| format!("test:{method}")).collect();
        Err(format!("is not a method of the test provider: use one of {}", known.join(", ")))
    }

    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.call("authorize", request)
    }

    fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.call("capture", request)
    }

    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.call("void", request)
    }

    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.call("refund", request)
    }

    fn lookup(&self, key: &str) -> Result<Lookup, ProviderError> {
        let looked = self.with_book(|book| {
            let Some(entry) = book.by_key.get(key).and_then(|at| book.entries.get(*at)).cloned()
            else {
                return Ok(Lookup::NeverSeen);
            };
            if let Some(reason) = entry.declined {
                return Ok(Lookup::Declined { reason });
            }
            if !entry.reference.is_empty() {
                return Ok(Lookup::Done(ProviderReply {
                    reference: entry.reference,
                    amount: entry.amount,
                }));
            }
            let asked_before =
                book.entries.iter().any(|other| other.verb == "lookup" && other.key == key);
            book.append(LedgerEntry { verb: "lookup".to_owned(), ..entry })?;
            Ok(if asked_before {
                Lookup::Declined { reason: "test:unknown came to nothing".to_owned() }
            } else {
                Lookup::UnderWay
            })
        });
        looked
            .and_then(|answer: io::Result<Lookup>| answer)
            .map_err(|error| ProviderError::Unavailable { reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sutler_core::money::Currency;

    fn request(key: &str, minor: i64, method: &str, follows: &str) -> ProviderRequest {
        let (key, method, follows) = (key.to_owned(), method.to_owned(), follows.to_owned());
        ProviderRequest {
            key,
            amount: Money::from_minor(minor, Currency::EUR),
            method,
            follows,
            order: "ord".to_owned(),
        }
    }

    #[test]
    fn the_same_key_is_the_same_call_across_programs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger");
        let (one, two) = (TestProvider::at(&path), TestProvider::at(&path));
        let first = one.authorize(&request("a", 500, "ok", "")).expect("held");
        assert_eq!(two.authorize(&request("a", 500, "ok", "")), Ok(first.clone()));
        assert_eq!(two.ledger().expect("read").len(), 1);
        assert_eq!(TestProvider::at(&path).lookup("a"), Ok(Lookup::Done(first)));
    }

    #[test]
    fn money_is_never_taken_or_given_twice() {
        let provider = TestProvider::in_memory();
        let hold = provider.authorize(&request("a", 500, "ok", "")).expect("held").reference;
        let taken = provider.capture(&request("c1", 300, "ok", &hold)).expect("taken").reference;
        assert!(matches!(
            provider.capture(&request("c2", 201, "ok", &hold)),
            Err(ProviderError::Declined { .. })
        ));
        assert!(matches!(
            provider.void(&request("v", 500, "ok", &hold)),
            Err(ProviderError::Declined { .. })
        ));
        provider.refund(&request("r1", 200, "ok", &taken)).expect("given");
        assert!(matches!(
            provider.refund(&request("r2", 101, "ok", &taken)),
            Err(ProviderError::Declined { .. })
        ));
    }

    #[test]
    fn hidden_answers_are_found_by_looking() {
        let provider = TestProvider::in_memory();
        assert!(matches!(
            provider.authorize(&request("t", 5, "timeout", "")),
            Err(ProviderError::Unknown { .. })
        ));
        assert!(matches!(provider.lookup("t"), Ok(Lookup::Done(_))));
        assert!(matches!(
            provider.authorize(&request("u", 5, "unknown", "")),
            Err(ProviderError::Unknown { .. })
        ));
        assert_eq!(provider.lookup("u"), Ok(Lookup::UnderWay));
        assert!(matches!(provider.lookup("u"), Ok(Lookup::Declined { .. })));
        assert_eq!(provider.lookup("never"), Ok(Lookup::NeverSeen));
    }
}
