//! Promotions from files: adding them, switching them on and off, and trying one on a cart before it is stored.
//!
//! A file is all or nothing, and reading it twice makes nothing twice: a promotion is known by its name (see
//! [`plan_promotions`]). Words for categories, products, variants, channels and delivery methods are looked up in the
//! shop, and a word that names none is told with the nearest that does.
//!
//! Deliberately absent: what a promotion may say (see core) and files as texts (see the crate `sutler-exchange`).

mod names;
mod trial;

use sutler_core::change::{Change, ChangeSet, SetupChange};
use sutler_core::id::PromotionId;
use sutler_core::import::{Diagnostic, Difference};
use sutler_core::money::Currency;
use sutler_core::pricing::{
    DocumentProblem, DocumentValue, PlannedPromotion, Promotion, PromotionDocument,
    WrittenPromotion, plan_promotions,
};
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_core::shown::shown;
use sutler_exchange::read_promotions;

use names::ShopNames;
pub use trial::{PromotionOutcome, PromotionTrial, PromotionTrialView, TrialOf};

use super::cart::done;
use super::import::refused;
use crate::{FlowError, Reader, Shop};

/// How many names are suggested for one that is not there.
const NEAR_MAX: usize = 3;

/// A file of promotions as it is to be read.
///
/// ```
/// use sutler_engine::flow::promotion::PromotionFile;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let text = "name = \"Spring\"\ngives = { percent = \"10%\" }\n";
/// let planned = shop.promotion_import(&PromotionFile::new(text), true)?;
/// assert_eq!(planned[0].after().name, "Spring");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PromotionFile<'t> {
    /// TOML or JSON; see `docs/promotion.schema.json`.
    pub text: &'t str,
    /// The currency of its amounts; the shop's when not given.
    pub currency: Option<Currency>,
}

impl<'t> PromotionFile<'t> {
    /// Takes a text whose amounts are in the currency of the shop.
    pub fn new(text: &'t str) -> Self {
        Self { text, currency: None }
    }
}

impl Reader {
    /// Returns the promotions of a file as they would stand in the shop, and stores nothing: one with the name of one of the
    /// shop has its id.
    ///
    /// Errors: as [`Shop::promotion_import`].
    ///
    /// ```
    /// use sutler_engine::flow::promotion::PromotionFile;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let text = "name = \"Red mugs\"\ngives = { percent = \"10%\" }\nwhen = { variants = [\"MUG-RED\"] }\n";
    /// assert_eq!(shop.promotions_of_file(&PromotionFile::new(text))?[0].name, "Red mugs");
    /// let typo = text.replace("MUG-RED", "MUG-RAD");
    /// assert!(shop.promotions_of_file(&PromotionFile::new(&typo)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotions_of_file(
        &self,
        file: &PromotionFile<'_>,
    ) -> Result<Vec<Promotion>, FlowError> {
        let planned = self.promotion_plan(&*self.setup()?, file)?;
        Ok(planned.iter().map(|promotion| promotion.after().clone()).collect())
    }

    /// Returns the promotion that a text names: its name, in any letter case, or its id.
    ///
    /// Errors: `not_found` with the nearest names; `ambiguous` when several have the name.
    ///
    /// ```
    /// # use sutler_core::id::PromotionId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let id = PromotionId::from_u128(1);
    /// shop.promotion_put(&sutler_engine::testing::coupon(id, "TEN")?, false)?;
    /// assert_eq!(shop.promotion("ten percent for TEN")?.id, id);
    /// assert_eq!(shop.promotion("ten percent").unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion(&self, word: &str) -> Result<Promotion, FlowError> {
        Ok(find(&*self.setup()?, word)?.clone())
    }

    /// Returns a promotion as a document that [`Shop::promotion_import`] reads as the same promotion: records by what
    /// people call them.
    ///
    /// Errors: whatever the store says.
    ///
    /// ```
    /// use sutler_core::pricing::PlannedPromotion;
    /// use sutler_engine::flow::promotion::PromotionFile;
    /// # use sutler_core::id::PromotionId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let ten = sutler_engine::testing::coupon(PromotionId::from_u128(1), "TEN")?;
    /// shop.promotion_put(&ten, false)?;
    /// let text = serde_json::to_string(&shop.promotion_document(&ten)?)?;
    /// let again = shop.promotion_import(&PromotionFile::new(&text), false)?;
    /// assert!(matches!(again[0], PlannedPromotion::Unchanged(_)), "{text}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion_document(
        &self,
        promotion: &Promotion,
    ) -> Result<PromotionDocument, FlowError> {
        let setup = self.setup()?;
        let names = ShopNames::new(self, &setup)?;
        let document = PromotionDocument::of(promotion, &names);
        names.failure().map_or(Ok(document), Err)
    }

    /// Returns what differs between two promotions, field by field as a document has them.
    ///
    /// Errors: whatever the store says.
    ///
    /// ```
    /// use sutler_core::pricing::Promotion;
    /// # use sutler_core::id::PromotionId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let before = sutler_engine::testing::coupon(PromotionId::from_u128(1), "TEN")?;
    /// let after = Promotion { priority: 5, ..before.clone() };
    /// let differences = shop.promotion_differences(&before, &after)?;
    /// assert_eq!((differences[0].field.as_str(), differences[0].after.as_str()), ("priority", "5"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion_differences(
        &self,
        before: &Promotion,
        after: &Promotion,
    ) -> Result<Vec<Difference>, FlowError> {
        let (before, after) =
            (self.promotion_document(before)?.0, self.promotion_document(after)?.0);
        let mut fields: Vec<&str> = Vec::new();
        for value in [&before, &after] {
            let DocumentValue::Table(own) = value else { continue };
            let new =
                own.iter().map(|(name, _)| name.as_str()).filter(|name| !fields.contains(name));
            let new: Vec<&str> = new.collect();
            fields.extend(new);
        }
        let shown = |value: Option<&DocumentValue>| match value {
            Some(DocumentValue::Text(text)) => text.clone(),
            Some(value) => serde_json::to_string(value).unwrap_or_default(),
            None => String::new(),
        };
        let differs = fields.into_iter().filter(|name| before.get(name) != after.get(name));
        let difference = |name: &str| Difference {
            field: name.to_owned(),
            before: shown(before.get(name)),
            after: shown(after.get(name)),
        };
        Ok(differs.map(difference).collect())
    }

    /// Checks a file and finds out what becomes of its promotions.
    fn promotion_plan(
        &self,
        setup: &Setup,
        file: &PromotionFile<'_>,
    ) -> Result<Vec<PlannedPromotion>, FlowError> {
        let read = read_promotions(file.text).map_err(refused)?;
        let names = ShopNames::new(self, setup)?;
        let currency = file.currency.unwrap_or(setup.shop.currency);
        let (mut written, mut wrong): (_, Vec<Diagnostic>) = (Vec::new(), Vec::new());
        for (index, document) in read.documents().iter().enumerate() {
            let id = PromotionId::from_u128(self.next_id());
            match document.check(id, currency, &names) {
                Ok(promotion) => {
                    let taken = |id| setup.promotions.iter().any(|known| known.id.to_u128() == id);
                    let id = self.id_of_name("promotion", &promotion.name, taken);
                    let promotion = Promotion { id: PromotionId::from_u128(id), ..promotion };
                    let says_active = document.says_active();
                    written.push(WrittenPromotion { promotion, says_active });
                }
                Err(problems) => wrong.extend(problems.iter().map(|p| read.told(index, p))),
            }
        }
        if let Some(failure) = names.failure() {
            return Err(failure);
        }
        if !wrong.is_empty() {
            wrong.sort_by_key(|told| (told.place.line, told.place.column.clone()));
            return Err(FlowError::File(wrong));
        }
        let mut planned = Vec::new();
        for (index, plan) in plan_promotions(written, &setup.promotions).into_iter().enumerate() {
            match plan {
                Ok(plan) => planned.push(plan),
                Err(refusal) => wrong.push(read.told(
                    index,
                    &DocumentProblem {
                        place: "name".to_owned(),
                        what: refusal.to_string(),
                        mend: "give each promotion a name of its own".to_owned(),
                    },
                )),
            }
        }
        if wrong.is_empty() { Ok(planned) } else { Err(FlowError::File(wrong)) }
    }
}

impl Shop {
    /// Writes the promotions of a file, all of them or none, and says what became of each, in their order. One whose name
    /// is stored changes that one; where the file does not say `active`, it stays switched on or off. With `dry_run`
    /// nothing is written.
    ///
    /// Errors: [`FlowError::File`] with everything that is wrong, each with line and column.
    ///
    /// ```
    /// use sutler_core::pricing::PlannedPromotion;
    /// use sutler_engine::FlowError;
    /// use sutler_engine::flow::promotion::PromotionFile;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let text = "name = \"Red mugs\"\ngives = { percent = \"10%\" }\nwhen = { variants = [\"MUG-RED\"] }\n";
    /// let done = shop.promotion_import(&PromotionFile::new(text), false)?;
    /// assert!(matches!(done[0], PlannedPromotion::Created(_)));
    /// let again = shop.promotion_import(&PromotionFile::new(text), false)?;
    /// assert!(matches!(again[0], PlannedPromotion::Unchanged(_)));
    ///
    /// let wrong = text.replace("MUG-RED", "MUG-RAD");
    /// let refused = shop.promotion_import(&PromotionFile::new(&wrong), false);
    /// let Err(FlowError::File(told)) = refused else { panic!("{refused:?}") };
    /// assert_eq!((told[0].place.line, told[0].help.as_deref()), (3, Some("did you mean `MUG-RED`?")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion_import(
        &self,
        file: &PromotionFile<'_>,
        dry_run: bool,
    ) -> Result<Vec<PlannedPromotion>, FlowError> {
        let plan = |set: &mut ChangeSet| {
            let planned = self.promotion_plan(&*self.setup()?, file)?;
            for promotion in planned.iter().filter_map(PlannedPromotion::to_write) {
                set.push(Change::Setup(SetupChange::Promotion(promotion.clone())));
            }
            Ok(planned)
        };
        if dry_run {
            return self.dry_run(plan);
        }
        done(self.settle(plan)?)
    }

    /// Writes one promotion as [`Shop::promotion_import`] does: by its name. With `dry_run` nothing is written.
    ///
    /// Errors: what [`Promotion::check`] refuses; `ambiguous` when several of the shop have its name.
    ///
    /// ```
    /// use sutler_core::id::PromotionId;
    /// use sutler_core::pricing::PlannedPromotion;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let ten = sutler_engine::testing::coupon(PromotionId::from_u128(1), "TEN")?;
    /// assert!(matches!(shop.promotion_put(&ten, true)?, PlannedPromotion::Created(_)));
    /// assert!(matches!(shop.promotion_put(&ten, false)?, PlannedPromotion::Created(_)));
    /// assert!(matches!(shop.promotion_put(&ten, false)?, PlannedPromotion::Unchanged(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion_put(
        &self,
        promotion: &Promotion,
        dry_run: bool,
    ) -> Result<PlannedPromotion, FlowError> {
        promotion.check().map_err(Rejection::from)?;
        let plan = |set: &mut ChangeSet| {
            let setup = self.setup()?;
            let written = WrittenPromotion { promotion: promotion.clone(), says_active: false };
            let planned = plan_promotions([written], &setup.promotions).into_iter().next();
            // Of one promotion only the shop can have several.
            let planned = planned.and_then(Result::ok);
            let planned = planned.ok_or_else(|| ambiguous(&setup, &promotion.name))?;
            if let Some(promotion) = planned.to_write() {
                set.push(Change::Setup(SetupChange::Promotion(promotion.clone())));
            }
            Ok(planned)
        };
        if dry_run {
            return self.dry_run(plan);
        }
        done(self.settle(plan)?)
    }

    /// Switches a promotion on or off; returns it, and whether it changed.
    ///
    /// Errors: as [`Reader::promotion`].
    ///
    /// ```
    /// # use sutler_core::id::PromotionId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// shop.promotion_put(&sutler_engine::testing::coupon(PromotionId::from_u128(1), "TEN")?, false)?;
    /// let (ten, changed) = shop.promotion_switch("Ten percent for TEN", false)?;
    /// assert_eq!((ten.active, changed), (false, true));
    /// assert!(!shop.promotion_switch("Ten percent for TEN", false)?.1, "it is off already");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion_switch(
        &self,
        word: &str,
        active: bool,
    ) -> Result<(Promotion, bool), FlowError> {
        let settled = self.settle(|set| {
            let setup = self.setup()?;
            let known = find(&setup, word)?;
            if known.active == active {
                return Ok((known.clone(), false));
            }
            let switched = Promotion { active, version: known.version + 1, ..known.clone() };
            set.push(Change::Setup(SetupChange::Promotion(switched.clone())));
            Ok((switched, true))
        })?;
        done(settled)
    }
}

/// Finds a promotion by id, by name, or else by name in any letter case.
pub(super) fn find<'s>(setup: &'s Setup, word: &str) -> Result<&'s Promotion, Rejection> {
    let word = word.trim();
    if let Ok(id) = word.parse::<PromotionId>() {
        let found = setup.promotions.iter().find(|promotion| promotion.id == id);
        return found.ok_or_else(|| Rejection::not_found("promotion", word));
    }
    let lower = word.to_lowercase();
    let exact: Vec<_> = setup.promotions.iter().filter(|known| known.name == word).collect();
    let loose = || setup.promotions.iter().filter(|known| known.name.to_lowercase() == lower);
    let found = if exact.is_empty() { loose().collect() } else { exact };
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let names = setup.promotions.iter().map(|promotion| promotion.name.clone());
            let near = nearest(word, names);
            Err(Rejection::NotFound { noun: "promotion", given: shown(word), near })
        }
        _ => Err(ambiguous(setup, &found[0].name)),
    }
}

fn ambiguous(setup: &Setup, name: &str) -> Rejection {
    let same =
        setup.promotions.iter().filter(|known| known.name.to_lowercase() == name.to_lowercase());
    let candidates = same.map(|known| format!("{} ({})", known.name, known.id)).collect();
    Rejection::Ambiguous { noun: "promotion", given: shown(name), candidates }
}

/// Returns the words that are most like one that was not found, best first.
fn nearest(word: &str, known: impl Iterator<Item = String>) -> Vec<String> {
    let wanted = word.to_lowercase();
    let reach = wanted.chars().count().div_ceil(3).max(1);
    let mut ranked: Vec<(usize, String)> = known
        .map(|word| (strsim::osa_distance(&wanted, &word.to_lowercase()), word))
        .filter(|(off, _)| *off <= reach)
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.truncate(NEAR_MAX);
    ranked.into_iter().map(|(_, word)| word).collect()
}
