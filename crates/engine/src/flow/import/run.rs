//! Committing an import batch by batch, with the record of how far it came in the same commit.
//!
//! Every batch has a key, `import:<content>:<run>:<n>`, and raises the version of the run's record; so of two programs
//! that import one file at once, exactly one can commit batch n.

use sutler_core::change::{Change, ChangeSet, Idempotency, IdempotencyKey, RecordRef};
use sutler_core::hash::{ContentHash, HashInput};
use sutler_core::import::ImportRun;
use sutler_core::rejection::Rejection;

use super::{PreparedImport, RunSummary};
use crate::shop::Settled;
use crate::{FlowError, Shop};

/// How often a batch is decided anew when a guard refuses it: a name was taken or stock moved since it was read.
const TRIES: u32 = 5;

/// What a batch came to.
pub(crate) struct Step<T> {
    /// Whatever the caller wants to know about it.
    pub(crate) value: T,
    /// Products it makes.
    pub(crate) created: u64,
    /// Products, or levels, it changes.
    pub(crate) updated: u64,
}

/// Commits the batches of one run.
pub(crate) struct RunWriter<'a> {
    shop: &'a Shop,
    file: String,
    content: ContentHash,
    answer: RecordRef,
    /// Makes keys of this very run of the program its own: the same key of another program is another content.
    salt: u128,
    /// The record as it is stored, once it is.
    stored: Option<ImportRun>,
    /// Number of the run that is written.
    run: u32,
    resumed_after: u32,
}

impl<'a> RunWriter<'a> {
    /// Goes on with the unfinished run of this content, or begins a new one.
    pub(crate) fn begin(shop: &'a Shop, prepared: &PreparedImport) -> Result<Self, FlowError> {
        let content = prepared.content;
        let last = shop.store().import_run(content)?;
        let next = last.as_ref().map_or(1, |last| last.run.saturating_add(1));
        let open = last.filter(|last| !last.finished);
        Ok(Self {
            shop,
            file: prepared.options.name.clone(),
            content,
            answer: prepared.target.channel.id.into(),
            salt: shop.next_id(),
            run: open.as_ref().map_or(next, |open| open.run),
            resumed_after: open.as_ref().map_or(0, |open| open.batches_done),
            stored: open,
        })
    }

    /// Returns how many batches are committed.
    pub(crate) fn batches(&self) -> u32 {
        self.stored.as_ref().map_or(0, |run| run.batches_done)
    }

    /// Returns what to tell people; `None` when nothing was ever to be written.
    pub(crate) fn summary(&self) -> Option<RunSummary> {
        self.stored.as_ref().map(|stored| RunSummary {
            run: stored.run,
            batches: stored.batches_done,
            resumed_after: self.resumed_after,
            finished: stored.finished,
        })
    }

    /// Decides a batch and commits it; a batch that changes nothing is not committed, unless it is the last of a run that
    /// was begun.
    pub(crate) fn write<T>(
        &mut self,
        last: bool,
        mut decide: impl FnMut(&mut ChangeSet, bool) -> Result<Step<T>, FlowError>,
    ) -> Result<T, FlowError> {
        let mut set = self.shop.change_set();
        let step = decide(&mut set, false)?;
        let is_open = self.stored.as_ref().is_some_and(|stored| !stored.finished);
        if set.changes.is_empty() && !(last && is_open) {
            return Ok(step.value);
        }
        let mut first = Some((set, step));
        let mut tries = 0;
        loop {
            tries += 1;
            let settled = self.shop.settle(|set| {
                let step = match first.take() {
                    Some((decided, step)) => {
                        *set = decided;
                        step
                    }
                    None => {
                        self.require_ours()?;
                        decide(set, true)?
                    }
                };
                let run = self.next_record(set, &step, last);
                set.changes.insert(0, Change::ImportRun(run.clone()));
                set.idempotency = Some(self.idempotency(&run)?);
                Ok((step.value, run))
            });
            match settled {
                Ok(Settled::Done((value, run), _)) => {
                    self.stored = Some(run);
                    return Ok(value);
                }
                Ok(Settled::Replayed(_)) | Err(FlowError::Refused(Rejection::KeyReused { .. })) => {
                    return Err(self.running_twice());
                }
                Err(FlowError::Refused(rejection)) if tries < TRIES && moved_on(&rejection) => {
                    self.require_ours()?;
                }
                Err(FlowError::Contended { .. }) => {
                    self.require_ours()?;
                    return Err(FlowError::Contended {
                        what: format!("what `{}` is about", self.file),
                    });
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Refuses to go on when somebody else committed a batch of this import.
    fn require_ours(&self) -> Result<(), FlowError> {
        let stored = self.shop.store().import_run(self.content)?;
        let current = stored.filter(|stored| stored.run == self.run).map(|stored| stored.version);
        if current == self.stored.as_ref().map(|stored| stored.version) {
            Ok(())
        } else {
            Err(self.running_twice())
        }
    }

    fn running_twice(&self) -> FlowError {
        FlowError::Contended {
            what: format!(
                "the import of `{}`, because another import of the same file is running",
                self.file
            ),
        }
    }

    fn next_record<T>(&self, set: &ChangeSet, step: &Step<T>, last: bool) -> ImportRun {
        let before = self.stored.clone().unwrap_or_else(|| ImportRun {
            content: self.content,
            run: self.run,
            file: self.file.clone(),
            batches_done: 0,
            created: 0,
            updated: 0,
            finished: false,
            started_at: set.at,
            version: 0,
        });
        ImportRun {
            batches_done: before.batches_done.saturating_add(1),
            created: before.created + step.created,
            updated: before.updated + step.updated,
            finished: last,
            version: before.version + 1,
            ..before
        }
    }

    fn idempotency(&self, run: &ImportRun) -> Result<Idempotency, FlowError> {
        let key = format!("import:{}:{}:{}", self.content, run.run, run.batches_done);
        let key = IdempotencyKey::new(key).map_err(|bad| Rejection::BadInput {
            what: "import key",
            given: self.content.to_string(),
            why: bad.to_string(),
        })?;
        let mut content = HashInput::new("import batch");
        content.id(self.salt).number(i64::from(run.batches_done));
        Ok(Idempotency { key, content: content.finish(), answer: self.answer })
    }
}

/// Refusals that look different once the shop is read again.
fn moved_on(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::AlreadyExists { .. }
            | Rejection::StockChanged { .. }
            | Rejection::InsufficientStock { .. }
            | Rejection::StockPromised { .. }
    )
}
