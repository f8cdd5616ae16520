//! Copying a whole shop from one store into another, and proving that it is the same shop.
//!
//! The source is looked over, then read once, in one snapshot, while it may go on selling; every record is hashed, and
//! written in parts, each one transaction of the target. Then all of the target is read and hashed, kind by kind; when
//! the hashes are those of the source, it is looked over like any shop, and only then opened for business.
//!
//! A copy that was cut goes on: the target remembers how many records it has, and the hash over them. The source is read
//! from its beginning again, and what is written already is only hashed; where that gives another hash, the source has
//! changed and the copy is refused, because it would be of two moments.
//!
//! The same is done at once where a store was only away for a moment.
//!
//! Deliberately absent: taking the source away, and following it. What it sells after the snapshot is not in the copy; the
//! report says how many events that are.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use sutler_core::hash::{ContentHash, HashInput};
use sutler_core::port::{Clock, CopyMark, Dump, DumpKind, DumpRecord, IdSource, StoreError};
use sutler_core::rejection::Rejection;

use super::verify::VerifyReport;
use crate::{FlowError, Shop};

/// How often a store may be cut off while all of it is read.
const CUTS_MAX: u32 = 5;

/// What a copy is doing.
///
/// ```
/// use sutler_engine::flow::copy::CopyStep;
///
/// let step = CopyStep::Writing { done: 5_000, of: 20_000 };
/// let line = match step {
///     CopyStep::Looking(at) => format!("looking at {at}"),
///     CopyStep::Writing { done, of } => format!("{done} of {of} copied"),
///     CopyStep::Comparing { done, of } => format!("{done} of {of} compared"),
/// };
/// assert_eq!(line, "5000 of 20000 copied");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyStep<'s> {
    /// It looks over the source, or the target at the end.
    Looking(&'s str),
    /// It reads the source and writes what the target lacks.
    Writing {
        /// Records that are read.
        done: u64,
        /// Records there are.
        of: u64,
    },
    /// It reads the target again.
    Comparing {
        /// Records that are read.
        done: u64,
        /// Records there are.
        of: u64,
    },
}

/// What source and target hold of one kind of record; the same, or the copy would have been refused.
///
/// ```
/// use sutler_core::hash::ContentHash;
/// use sutler_core::port::DumpKind;
/// use sutler_engine::flow::copy::CopiedKind;
///
/// let none = CopiedKind { kind: DumpKind::Coupon, records: 0, hash: ContentHash::ZERO };
/// assert_eq!(none.kind.word(), "coupons");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CopiedKind {
    /// The kind.
    pub kind: DumpKind,
    /// How many records there are.
    pub records: u64,
    /// Head of a chain over their JSON in the order of keys; that of an empty chain where there are none.
    pub hash: ContentHash,
}

/// What a copy came to.
///
/// ```
/// # use std::sync::Arc;
/// # use sutler_core::port::Dump;
/// # use sutler_engine::flow::copy::copy;
/// # use sutler_engine::flow::setup::InitCommand;
/// # use sutler_engine::testing::{Counting, HandClock};
/// # use sutler_store_memory::MemoryStore;
/// # let (clock, ids) = (Arc::new(HandClock::default()), Arc::new(Counting::default()));
/// # let source = Arc::new(MemoryStore::new());
/// # let shop = sutler_engine::Shop::new(source.clone(), clock.clone(), ids.clone());
/// # shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// # let (from, to): (Arc<dyn Dump>, Arc<dyn Dump>) = (source, Arc::new(MemoryStore::new()));
/// let report = copy(&from, &to, clock, ids, &mut |_| {})?;
/// assert!(report.target.is_clean() && report.events_since == 0);
/// assert_eq!(report.resumed_at, 0, "it was not cut");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CopyReport {
    /// Every kind of record, in the order of the copy.
    pub kinds: Vec<CopiedKind>,
    /// How many records an earlier run had written.
    pub resumed_at: u64,
    /// What the look over the source found before: no findings, or it would not have been copied.
    pub source: VerifyReport,
    /// What the look over the target found.
    pub target: VerifyReport,
    /// How many events the source told after the moment of the copy; what they tell of is not in it.
    pub events_since: u64,
}

/// Copies a whole shop into a store that holds nothing, or goes on with a copy that was cut.
///
/// The source stays as it is, and may be used meanwhile; the copy is of the moment at which reading began. Ids, versions,
/// ledgers, events, chains and keys are kept, the number of the shop too: this is a move. Where both went on selling, they
/// would be two shops with one number.
///
/// Errors: [`Rejection::CopySourceDamaged`], [`Rejection::CopyNotEmpty`], [`Rejection::CopyOfOther`],
/// [`Rejection::CopySourceChanged`] and [`Rejection::CopyDiffers`] as they say; then the target is not open for business.
///
/// ```
/// use std::sync::Arc;
/// use sutler_core::port::{Dump, EventReader};
/// use sutler_engine::flow::copy::copy;
/// # use sutler_engine::flow::setup::InitCommand;
/// # use sutler_engine::testing::{Counting, HandClock};
/// # use sutler_store_memory::MemoryStore;
///
/// # let (clock, ids) = (Arc::new(HandClock::default()), Arc::new(Counting::default()));
/// # let source = Arc::new(MemoryStore::new());
/// # let shop = sutler_engine::Shop::new(source.clone(), clock.clone(), ids.clone());
/// # shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// let (from, to): (Arc<dyn Dump>, Arc<dyn Dump>) = (source, Arc::new(MemoryStore::new()));
/// copy(&from, &to, clock.clone(), ids.clone(), &mut |_| {})?;
/// assert_eq!(to.event_head()?, from.event_head()?, "the chain goes on where it was");
///
/// let again = copy(&from, &to, clock, ids, &mut |_| {}).unwrap_err();
/// assert_eq!(again.code(), "copy.not_empty");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn copy(
    from: &Arc<dyn Dump>,
    to: &Arc<dyn Dump>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    tell: &mut dyn FnMut(CopyStep<'_>),
) -> Result<CopyReport, FlowError> {
    let shop = from.setup()?.ok_or(Rejection::ShopMissing)?.shop.uid;
    let mark = to.copy_mark()?;
    // What cannot be is said before anything is looked over.
    match mark {
        Some(mark) if mark.source != shop => return Err(Rejection::CopyOfOther.into()),
        None if to.dump_counts()?.values().any(|records| *records > 0) => {
            return Err(Rejection::CopyNotEmpty.into());
        }
        _ => {}
    }
    let source = look_over(from, &clock, &ids, tell)?;
    if let Some(first) = source.findings.first() {
        return Err(Rejection::CopySourceDamaged {
            check: first.check.to_owned(),
            subject: first.subject.clone(),
            message: first.message.clone(),
            more: source.findings_total - 1,
        }
        .into());
    }
    let of = from.dump_counts()?.values().sum();
    let sums = again_when_cut(|| {
        let mark = to.copy_mark()?;
        let mut transfer = Transfer { to: &**to, shop, mark, sums: Sums::default() };
        read(&**from, &mut |records| {
            transfer.take(records)?;
            tell(CopyStep::Writing { done: transfer.sums.records, of });
            Ok(())
        })?;
        transfer.end()?;
        Ok(transfer.sums)
    })?;
    let events = sums.last_event;
    again_when_cut(|| require_same(&sums, &**to, tell))?;
    to.copy_derive()?;
    let target = look_over(to, &clock, &ids, tell)?;
    // Not before: a copy that is cut while its target is looked over goes on, too.
    to.copy_done()?;
    Ok(CopyReport {
        kinds: sums.kinds(),
        resumed_at: mark.map_or(0, |mark| mark.records),
        source,
        target,
        events_since: from.event_head()?.0.saturating_sub(events),
    })
}

fn look_over(
    store: &Arc<dyn Dump>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
    tell: &mut dyn FnMut(CopyStep<'_>),
) -> Result<VerifyReport, FlowError> {
    let store = Arc::clone(store);
    let shop = Shop::new(store, Arc::clone(clock), Arc::clone(ids));
    shop.verify(&mut |step| tell(CopyStep::Looking(step)))
}

/// Does work that goes through a whole store again, from its beginning, where the store was cut off.
///
/// Why: one moment is read over one connection, which cannot be had twice. What was written already is only compared then.
fn again_when_cut<T>(mut work: impl FnMut() -> Result<T, FlowError>) -> Result<T, FlowError> {
    let mut cuts = 0;
    loop {
        match work() {
            Err(error) if error.may_retry() && cuts < CUTS_MAX => cuts += 1,
            outcome => return outcome,
        }
    }
}

/// Reads everything until `take` fails.
fn read(
    store: &dyn Dump,
    take: &mut dyn FnMut(Vec<DumpRecord>) -> Result<(), FlowError>,
) -> Result<(), FlowError> {
    let mut failed = None;
    store.dump(&mut |records| match take(records) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Writes what the target lacks.
struct Transfer<'t> {
    to: &'t dyn Dump,
    shop: u128,
    /// How far the target is.
    mark: Option<CopyMark>,
    /// What was read of the source.
    sums: Sums,
}

impl Transfer<'_> {
    fn take(&mut self, records: Vec<DumpRecord>) -> Result<(), FlowError> {
        let mut lacking = Vec::new();
        for record in records {
            self.sums.add(&record)?;
            match self.mark {
                // What was written before is only compared, at its end.
                Some(mark) if self.sums.records < mark.records => {}
                Some(mark) if self.sums.records == mark.records => {
                    if self.sums.whole() != mark.hash {
                        return Err(Rejection::CopySourceChanged.into());
                    }
                }
                _ => lacking.push(record),
            }
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let (records, hash) = (self.sums.records, self.sums.whole());
        let after = CopyMark { source: self.shop, records, hash };
        if !self.to.copy_in(self.mark, lacking, after)? {
            // Somebody else was faster: with this copy, or with a shop of their own.
            return Err(Rejection::CopyNotEmpty.into());
        }
        self.mark = Some(after);
        Ok(())
    }

    /// Refuses a source that has less than was written.
    fn end(&self) -> Result<(), FlowError> {
        match self.mark {
            Some(mark) if mark.records != self.sums.records => {
                Err(Rejection::CopySourceChanged.into())
            }
            _ => Ok(()),
        }
    }
}

fn require_same(
    wanted: &Sums,
    to: &dyn Dump,
    tell: &mut dyn FnMut(CopyStep<'_>),
) -> Result<(), FlowError> {
    let mut found = Sums::default();
    read(to, &mut |records| {
        records.iter().try_for_each(|record| found.add(record))?;
        tell(CopyStep::Comparing { done: found.records, of: wanted.records });
        Ok(())
    })?;
    let differs =
        wanted.kinds().into_iter().zip(found.kinds()).find(|(wanted, found)| wanted != found);
    match differs {
        Some((wanted, _)) => Err(Rejection::CopyDiffers { kind: wanted.kind.word() }.into()),
        None => Ok(()),
    }
}

/// Counts and hashes of what was read.
#[derive(Default)]
struct Sums {
    of_kind: BTreeMap<DumpKind, (u64, ContentHash)>,
    records: u64,
    last_event: u64,
}

impl Sums {
    fn add(&mut self, record: &DumpRecord) -> Result<(), StoreError> {
        let kind = record.kind();
        let text = serde_json::to_vec(record)
            .map_err(|error| StoreError::broken("copy a shop", kind.word(), error))?;
        let mut input = HashInput::new("record");
        input.bytes(&text);
        let (records, hash) = self.of_kind.entry(kind).or_insert((0, ContentHash::ZERO));
        *records += 1;
        *hash = hash.chain(&input);
        self.records += 1;
        if let DumpRecord::Event(event) = record {
            self.last_event = event.seq;
        }
        Ok(())
    }

    /// Returns the hash over everything that was read by now.
    fn whole(&self) -> ContentHash {
        let mut input = HashInput::new("records");
        for (kind, (_, hash)) in &self.of_kind {
            input.text(kind.word()).bytes(&hash.to_bytes());
        }
        input.finish()
    }

    fn kinds(&self) -> Vec<CopiedKind> {
        let of = |kind: &DumpKind| {
            let (records, hash) = self.of_kind.get(kind).copied().unwrap_or((0, ContentHash::ZERO));
            CopiedKind { kind: *kind, records, hash }
        };
        DumpKind::ALL.iter().map(of).collect()
    }
}
