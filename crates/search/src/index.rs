//! The index: one folder, one writer at a time, any number of readers.
//!
//! A writer exists only while a batch is applied, because it needs 50 MB and a lock. Whoever comes
//! second is told so ([`SearchError::Busy`]) and can still search. The payload of each commit holds
//! the caller's cursor, so the documents and the place up to which events were read are one file
//! on disk, replaced at once.
//!
//! A search first looks whether the commit it knows is still the last one, by reading the small
//! file that names it. So it sees every commit that was finished before it began, also those of
//! other processes, and no thread has to watch the folder.
//!
//! Invariants
//! * A batch is applied whole or not at all, and its cursor with it.
//! * The cursor never goes back, except to 0 by [`SearchIndex::clear`].
//! * Files that cannot be read are an error, never a panic: tantivy documents that it may panic on
//!   damaged data, so its calls are fenced.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::IndexRecordOption;
use tantivy::{
    DocSet, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED, TantivyDocument,
    TantivyError, Term,
};

use crate::analysis::Analysis;
use crate::answer::SearchAnswer;
use crate::batch::{Applied, Batch};
use crate::encode::Encoder;
use crate::error::{Place, SearchError};
use crate::folder::{self, Found, META};
use crate::query::SearchRequest;
use crate::read_only::ReadOnlyFolder;
use crate::schema::{Fields, schema};
use crate::search;

/// The memory of a writer. Half as much would make it half as fast.
const WRITER_BYTES: usize = 50_000_000;

/// What travels with each commit.
#[derive(Serialize, Deserialize, Default)]
struct Payload {
    cursor: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A search index over the products of one channel.
///
/// Shared between threads by reference; searches run side by side, also while a batch is applied.
///
/// ```
/// use sutler_search::{Batch, SearchIndex, SearchRequest};
/// # let oak_table = sutler_search::testing::document("prod_1", "Oak table", "Acme", 49_900);
///
/// let index = SearchIndex::in_memory()?;
/// let mut batch = Batch::new();
/// batch.upsert(oak_table);
/// index.apply(batch, 17)?;
/// assert_eq!((index.product_count()?, index.cursor()?), (1, 17));
/// assert_eq!(index.search(&SearchRequest::new("tables"))?.total, 1);
///
/// index.merge()?;
/// index.verify()?;
/// index.clear()?;
/// assert_eq!((index.product_count()?, index.cursor()?), (0, 0));
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Debug)]
pub struct SearchIndex {
    index: Index,
    fields: Fields,
    reader: IndexReaderHandle,
    place: Place,
    writing: Mutex<()>,
    /// The file that names the last commit, as it was when the reader last looked.
    seen: RwLock<Vec<u8>>,
}

/// A reader, which has no text of its own.
struct IndexReaderHandle(IndexReader);

impl std::fmt::Debug for IndexReaderHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IndexReader")
    }
}

impl SearchIndex {
    /// Opens the index in the folder `path`, or makes an empty one there.
    ///
    /// Errors: [`SearchError::NeedsRebuild`] when the index is damaged or of another version;
    /// [`SearchError::NotAnIndex`] when the folder holds other files and no index;
    /// [`SearchError::Busy`] when someone else is just making it; [`SearchError::Io`].
    ///
    /// ```
    /// use sutler_search::{Batch, SearchIndex};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("search");
    /// SearchIndex::open(&path)?.apply(Batch::new(), 5)?;
    /// assert_eq!(SearchIndex::open(&path)?.cursor()?, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: &Path) -> Result<SearchIndex, SearchError> {
        const OP: &str = "opening the search index";
        let place = Place::folder(path);
        match folder::look(path).map_err(|error| place.io(OP, error))? {
            Found::Index => {}
            Found::Outdated(why) => return Err(place.needs_rebuild(why)),
            Found::Foreign => return Err(place.not_an_index()),
            Found::Nothing => make(path, &place, false)?,
        }
        fenced(&place, || {
            let index = Index::open_in_dir(path).map_err(|error| place.engine(OP, error))?;
            if index.schema() != schema().0 {
                return Err(place.needs_rebuild("its fields are not those of its version"));
            }
            SearchIndex::over(index, place.clone())
        })
    }

    /// Opens the index in the folder `path` for searching, without making or changing any file.
    ///
    /// Writing to it fails with [`SearchError::Io`].
    ///
    /// Errors: [`SearchError::NeedsRebuild`] when there is no index of this version, or it is damaged;
    /// [`SearchError::Io`].
    pub fn open_read_only(path: &Path) -> Result<SearchIndex, SearchError> {
        const OP: &str = "opening the search index";
        let place = Place::folder(path);
        if folder::look(path).map_err(|error| place.io(OP, error))? != Found::Index {
            return Err(place.needs_rebuild("there is none of this version"));
        }
        fenced(&place, || {
            let failed = |error| place.engine(OP, error);
            let folder = MmapDirectory::open(path).map_err(|error| failed(error.into()))?;
            let index = Index::open(ReadOnlyFolder(folder)).map_err(failed)?;
            if index.schema() != schema().0 {
                return Err(place.needs_rebuild("its fields are not those of its version"));
            }
            SearchIndex::over(index, place.clone())
        })
    }

    /// Makes an empty index in the folder `path`, in place of whatever index is there.
    ///
    /// This is the first half of a rebuild; the second is to apply every product. Files that are
    /// no part of an index stay untouched.
    ///
    /// Errors: [`SearchError::NotAnIndex`] when the folder holds other files and no index;
    /// [`SearchError::Busy`] when someone else is writing; [`SearchError::Io`].
    ///
    /// ```
    /// use sutler_search::{Batch, SearchIndex};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("search");
    /// SearchIndex::open(&path)?.apply(Batch::new(), 5)?;
    /// assert_eq!(SearchIndex::recreate(&path)?.cursor()?, 0, "everything is to be read again");
    ///
    /// std::fs::write(folder.path().join("notes.txt"), "mine")?;
    /// let error = SearchIndex::recreate(folder.path()).err().expect("a folder of other files");
    /// assert_eq!(error.code(), "search.not_an_index");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recreate(path: &Path) -> Result<SearchIndex, SearchError> {
        let place = Place::folder(path);
        let found =
            folder::look(path).map_err(|error| place.io("looking at the search index", error))?;
        if found == Found::Foreign {
            return Err(place.not_an_index());
        }
        make(path, &place, true)?;
        SearchIndex::open(path)
    }

    /// Makes an empty index in memory, for tests and for shops of a few thousand products.
    ///
    /// Errors: [`SearchError::Engine`] when the system gives no memory or threads.
    pub fn in_memory() -> Result<SearchIndex, SearchError> {
        let place = Place::memory();
        fenced(&place, || SearchIndex::over(Index::create_in_ram(schema().0), place.clone()))
    }

    fn over(index: Index, place: Place) -> Result<SearchIndex, SearchError> {
        const OP: &str = "opening the search index";
        Analysis::new().register(index.tokenizers());
        let seen = last_commit(&index, &place)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|error| place.engine(OP, error))?;
        let opened = SearchIndex {
            index,
            fields: schema().1,
            reader: IndexReaderHandle(reader),
            place,
            writing: Mutex::new(()),
            seen: RwLock::new(seen),
        };
        opened.committed_cursor()?;
        Ok(opened)
    }

    /// Applies a batch and remembers `cursor`, in one commit: both or neither survive a crash.
    /// Searches that begin afterwards see it.
    ///
    /// Applying the same batch twice is the same as once. The cursor is the caller's own count of
    /// events; it may stay equal, as while a rebuild writes its parts, and never goes back.
    ///
    /// Errors: [`SearchError::BadDocument`], [`SearchError::Busy`], [`SearchError::Behind`] when
    /// someone else has meanwhile applied later events, [`SearchError::NeedsRebuild`],
    /// [`SearchError::Io`]. After each of them the index is as it was.
    pub fn apply(&self, batch: Batch, cursor: u64) -> Result<Applied, SearchError> {
        for (_, document) in batch.changes() {
            document.map_or(Ok(()), |document| document.validate())?;
        }
        fenced(&self.place, || {
            let _alone = self.alone();
            let mut writer = self.writer()?;
            let committed = self.committed_cursor()?;
            if cursor < committed {
                return Err(SearchError::Behind { given: cursor, committed });
            }
            let known = self.committed()?.note;
            let note = batch.new_note().map(str::to_owned).or_else(|| known.clone());
            if batch.is_empty() && cursor == committed && note == known {
                return Ok(Applied::default());
            }
            let applied = self.write(&writer, &batch)?;
            self.commit(&mut writer, Payload { cursor, note })?;
            self.finish(writer)?;
            Ok(applied)
        })
    }

    /// Takes every product out, sets the cursor to 0 and drops the note, in one commit.
    ///
    /// Errors: as for [`SearchIndex::apply`].
    pub fn clear(&self) -> Result<(), SearchError> {
        fenced(&self.place, || {
            let _alone = self.alone();
            let mut writer = self.writer()?;
            writer
                .delete_all_documents()
                .map_err(|error| self.place.engine("clearing the search index", error))?;
            self.commit(&mut writer, Payload::default())?;
            self.finish(writer)
        })
    }

    /// Merges everything into one piece and drops what deleted products left behind.
    ///
    /// Worth its time after a bulk load; in daily work applying merges as much as is needed.
    ///
    /// Errors: as for [`SearchIndex::apply`].
    pub fn merge(&self) -> Result<(), SearchError> {
        fenced(&self.place, || {
            let _alone = self.alone();
            let failed = |error| self.place.engine("merging the search index", error);
            let mut writer = self.writer()?;
            let segments = self.index.searchable_segment_metas().map_err(failed)?;
            let is_whole = segments.iter().all(|segment| segment.num_deleted_docs() == 0);
            if segments.is_empty() || (segments.len() == 1 && is_whole) {
                return Ok(());
            }
            // Not kept beyond their ids: whatever still names a segment keeps its files.
            let ids: Vec<_> = segments.into_iter().map(|segment| segment.id()).collect();
            writer.merge(&ids).wait().map_err(failed)?;
            // So does the reader, until it moves on.
            self.reload(last_commit(&self.index, &self.place)?)?;
            writer.garbage_collect_files().wait().map_err(failed)?;
            self.finish(writer)
        })
    }

    /// Returns the cursor of the last commit, `0` before the first.
    ///
    /// Errors: [`SearchError::NeedsRebuild`], [`SearchError::Io`].
    pub fn cursor(&self) -> Result<u64, SearchError> {
        fenced(&self.place, || self.committed_cursor())
    }

    /// Returns the note that the last batch with one left; `None` before the first.
    ///
    /// Errors: [`SearchError::NeedsRebuild`], [`SearchError::Io`].
    ///
    /// ```
    /// use sutler_search::Batch;
    /// # let index = sutler_search::testing::index()?;
    ///
    /// let mut batch = Batch::new();
    /// batch.note("lists of May");
    /// index.apply(batch, 4)?;
    /// index.apply(Batch::new(), 5)?;
    /// assert_eq!(index.note()?.as_deref(), Some("lists of May"), "it stays until there is another");
    /// index.clear()?;
    /// assert_eq!(index.note()?, None);
    /// # Ok::<(), sutler_search::SearchError>(())
    /// ```
    pub fn note(&self) -> Result<Option<String>, SearchError> {
        fenced(&self.place, || Ok(self.committed()?.note))
    }

    /// Returns how many products the index holds.
    ///
    /// Errors: [`SearchError::NeedsRebuild`], [`SearchError::Io`].
    pub fn product_count(&self) -> Result<u64, SearchError> {
        fenced(&self.place, || Ok(self.searcher()?.num_docs()))
    }

    /// Reads every file and compares it with the checksum it was written with.
    ///
    /// Opening checks that the files are there and whole in outline; a bit that fell over in their
    /// midst is found here alone. Reads everything, so for a doctor's visit, not for each start.
    ///
    /// Errors: [`SearchError::NeedsRebuild`] with the names of damaged files; [`SearchError::Io`].
    pub fn verify(&self) -> Result<(), SearchError> {
        fenced(&self.place, || {
            let damaged = self
                .index
                .validate_checksum()
                .map_err(|error| self.place.engine("checking the search index", error))?;
            if damaged.is_empty() {
                return Ok(());
            }
            let mut names: Vec<String> =
                damaged.iter().map(|path| path.display().to_string()).collect();
            names.sort();
            Err(self.place.needs_rebuild(format!("damaged files: {}", names.join(", "))))
        })
    }

    /// Answers a request from the last commit.
    ///
    /// Errors: [`SearchError::BadRequest`] for bounds, facets and tokens that cannot be;
    /// [`SearchError::NeedsRebuild`], [`SearchError::Io`].
    pub fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, SearchError> {
        request.validate()?;
        fenced(&self.place, || {
            let searcher = self.searcher()?;
            search::answer(request, &searcher, &self.fields, &self.place)
        })
    }

    /// Returns a reader of the last commit, whoever made it.
    fn searcher(&self) -> Result<Searcher, SearchError> {
        let now = last_commit(&self.index, &self.place)?;
        let is_new = *self.seen.read().unwrap_or_else(PoisonError::into_inner) != now;
        if is_new {
            self.reload(now)?;
        }
        Ok(self.reader.0.searcher())
    }

    fn reload(&self, commit: Vec<u8>) -> Result<(), SearchError> {
        self.reader
            .0
            .reload()
            .map_err(|error| self.place.engine("reading the search index", error))?;
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = commit;
        Ok(())
    }

    fn committed_cursor(&self) -> Result<u64, SearchError> {
        Ok(self.committed()?.cursor)
    }

    fn committed(&self) -> Result<Payload, SearchError> {
        let failed = |error| self.place.engine("reading the cursor of the search index", error);
        let Some(payload) = self.index.load_metas().map_err(failed)?.payload else {
            return Ok(Payload::default());
        };
        serde_json::from_str(&payload)
            .map_err(|error| self.place.needs_rebuild(format!("its cursor is unreadable: {error}")))
    }

    /// Waits for other threads of this process; other processes are told apart by the lock.
    fn alone(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> Result<IndexWriter, SearchError> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(WRITER_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        self.index
            .writer_with_options(options)
            .map_err(|error| self.place.engine("writing the search index", error))
    }

    /// Hands the changes to the writer. A product is deleted only where it is, because each
    /// deletion is tried on every new segment.
    fn write(
        &self,
        writer: &IndexWriter<TantivyDocument>,
        batch: &Batch,
    ) -> Result<Applied, SearchError> {
        let failed = |error| self.place.engine("writing the search index", error);
        let searcher = self.searcher()?;
        let mut encoder = Encoder::new(self.fields, Analysis::new());
        let mut applied = Applied::default();
        for (id, document) in batch.changes() {
            let term = Term::from_field_text(self.fields.id, id);
            let is_known = is_alive(&searcher, &term).map_err(failed)?;
            if is_known {
                writer.delete_term(term);
            }
            let Some(document) = document else {
                applied.deleted += u64::from(is_known);
                continue;
            };
            let row = encoder.row(document).map_err(|error| SearchError::BadDocument {
                id: id.clone(),
                why: error.to_string(),
            })?;
            writer.add_document(row).map_err(failed)?;
            applied.replaced += u64::from(is_known);
            applied.created += u64::from(!is_known);
        }
        Ok(applied)
    }

    fn commit(&self, writer: &mut IndexWriter, payload: Payload) -> Result<(), SearchError> {
        let failed = |error| self.place.engine("committing to the search index", error);
        let payload = serde_json::to_string(&payload)
            .map_err(|error| failed(TantivyError::InternalError(error.to_string())))?;
        let mut prepared = writer.prepare_commit().map_err(failed)?;
        prepared.set_payload(&payload);
        prepared.commit().map_err(failed)?;
        Ok(())
    }

    /// Lets the merges end that the commit began, frees the writer and shows the result.
    fn finish(&self, writer: IndexWriter) -> Result<(), SearchError> {
        writer
            .wait_merging_threads()
            .map_err(|error| self.place.engine("merging the search index", error))?;
        let commit = last_commit(&self.index, &self.place)?;
        self.reload(commit)
    }
}

/// Makes an empty index, unless another process has just done so.
fn make(path: &Path, place: &Place, in_place_of_another: bool) -> Result<(), SearchError> {
    const OP: &str = "making the search index";
    fenced(place, || {
        let io =
            |error| SearchError::Io { op: OP, place: path.display().to_string(), source: error };
        let failed = |error| place.engine(OP, error);
        fs::create_dir_all(path).map_err(io)?;
        let directory = MmapDirectory::open(path).map_err(|error| failed(error.into()))?;
        let _writer =
            directory.acquire_lock(&INDEX_WRITER_LOCK).map_err(|error| failed(error.into()))?;
        let exists = path.join(META).try_exists().map_err(io)?;
        if exists && !in_place_of_another {
            return Ok(());
        }
        folder::empty(path, &directory, place)?;
        folder::mark(&directory).map_err(io)?;
        Index::builder().schema(schema().0).create_in_dir(path).map_err(failed)?;
        Ok(())
    })
}

/// Returns the file that names the last commit.
fn last_commit(index: &Index, place: &Place) -> Result<Vec<u8>, SearchError> {
    index
        .directory()
        .atomic_read(Path::new(META))
        .map_err(|error| place.engine("reading the search index", error.into()))
}

/// Says whether a product is in the index and not deleted.
fn is_alive(searcher: &Searcher, term: &Term) -> tantivy::Result<bool> {
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(term.field())?;
        let Some(mut found) = index.read_postings(term, IndexRecordOption::Basic)? else {
            continue;
        };
        let mut doc = found.doc();
        while doc != TERMINATED {
            if !segment.is_deleted(doc) {
                return Ok(true);
            }
            doc = found.advance();
        }
    }
    Ok(false)
}

/// Runs `work`, and answers a panic of the engine as what it means: files it cannot read.
fn fenced<T>(
    place: &Place,
    work: impl FnOnce() -> Result<T, SearchError>,
) -> Result<T, SearchError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("without a reason");
        Err(place.needs_rebuild(format!("reading it broke off: {said}")))
    })
}
