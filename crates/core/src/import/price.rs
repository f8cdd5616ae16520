//! Price lists from files: what a file says about a list and its prices, compared with what the shop holds.
//!
//! A list is known by its name. What a file does not say about it stays; prices that a file does not name stay too, and a
//! price is only taken away where a row says so.
//!
//! Deliberately absent: the history of prices, which a store keeps by itself, and finding variants and channels.

use crate::id::{ChannelId, PriceListId, VariantId};
use crate::money::{Currency, Money};
use crate::pricing::{Price, PriceList};
use crate::rejection::Rejection;
use crate::time::Timestamp;

use super::plan::moves_by_more_than_half;
use super::{Danger, Difference, Said};

/// What a file says about one price list. `None`: nothing; cleared: that there is none.
///
/// ```
/// use sutler_core::import::{PriceListDraft, Said};
///
/// let trade = PriceListDraft {
///     customer_group: Some(Said::Value("trade".to_owned())),
///     ..PriceListDraft::named("Trade")
/// };
/// assert_eq!((trade.name.as_str(), trade.from), ("Trade", None));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceListDraft {
    /// Its name.
    pub name: String,
    /// Code of the only channel it applies in.
    pub channel: Option<Said<String>>,
    /// Currency of its prices.
    pub currency: Option<Currency>,
    /// The only customer group it applies to.
    pub customer_group: Option<Said<String>>,
    /// When it begins.
    pub from: Option<Said<Timestamp>>,
    /// When it no longer applies.
    pub until: Option<Said<Timestamp>>,
    /// Among lists that are equally narrow, the higher wins; cleared: 0.
    pub priority: Option<Said<i32>>,
}

impl PriceListDraft {
    /// Returns what a file says that only names a list.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            channel: None,
            currency: None,
            customer_group: None,
            from: None,
            until: None,
            priority: None,
        }
    }
}

/// What a file says about one price.
///
/// ```
/// use sutler_core::import::PriceDraft;
/// use sutler_core::money::{Currency, Money};
///
/// let ten = PriceDraft {
///     line: 2,
///     list: 0,
///     variant: "MUG-RED".to_owned(),
///     min_quantity: 10,
///     amount: Some(Money::parse("9.90", Currency::EUR)?),
///     compare_at: None,
/// };
/// assert!(ten.amount.is_some(), "without an amount the price is to be taken away");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceDraft {
    /// Physical line of its row.
    pub line: u64,
    /// Which of the lists of the file it stands in, from 0.
    pub list: usize,
    /// What people call the variant.
    pub variant: String,
    /// From how many units on.
    pub min_quantity: u32,
    /// What one unit costs; `None`: the price is to be taken away.
    pub amount: Option<Money>,
    /// The struck-through earlier price; `None`: nothing is said about it.
    pub compare_at: Option<Said<Money>>,
}

/// What becomes of a price list.
///
/// ```
/// use sutler_core::id::PriceListId;
/// use sutler_core::import::{PriceListDraft, plan_price_list};
/// use sutler_core::money::Currency;
///
/// let id = PriceListId::from_u128(1);
/// let planned = plan_price_list(&PriceListDraft::named("Sale"), None, None, Currency::EUR, id)?;
/// assert!(planned.is_new && planned.changes());
/// let sale = planned.list;
/// let again = plan_price_list(&PriceListDraft::named("Sale"), Some(&sale), None, Currency::EUR, id)?;
/// assert!(!again.changes());
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedPriceList {
    /// The list as it is to be.
    pub list: PriceList,
    /// Whether the shop has none of this name.
    pub is_new: bool,
    /// What differs from what the shop has; empty for what is new.
    pub differences: Vec<Difference>,
}

impl PlannedPriceList {
    /// Tells whether the list is to be written.
    pub fn changes(&self) -> bool {
        self.is_new || !self.differences.is_empty()
    }
}

/// Finds out what becomes of a list: `known` is the one of its name, `channel` what its channel's code means, `currency`
/// that of prices which say none, and `id` that of a new one.
///
/// Errors: `currency.wrong` when the list is in another currency; what [`PriceList::check`] refuses.
///
/// ```
/// use sutler_core::id::PriceListId;
/// use sutler_core::import::{PriceListDraft, Said, plan_price_list};
/// use sutler_core::money::Currency;
///
/// let until = "2027-06-01T00:00:00Z".parse()?;
/// let draft = PriceListDraft { until: Some(Said::Value(until)), ..PriceListDraft::named("Sale") };
/// let id = PriceListId::from_u128(1);
/// let sale = plan_price_list(&draft, None, None, Currency::EUR, id)?.list;
/// assert_eq!(sale.window.until, Some(until));
///
/// let dollars = PriceListDraft { currency: Some(Currency::USD), ..draft };
/// let refused = plan_price_list(&dollars, Some(&sale), None, Currency::EUR, id).unwrap_err();
/// assert_eq!(refused.code(), "currency.wrong");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan_price_list(
    draft: &PriceListDraft,
    known: Option<&PriceList>,
    channel: Option<ChannelId>,
    currency: Currency,
    id: PriceListId,
) -> Result<PlannedPriceList, Rejection> {
    let currency = draft.currency.unwrap_or(currency);
    let before = known.cloned().unwrap_or_else(|| PriceList {
        version: 0,
        ..PriceList::new(id, draft.name.clone(), currency)
    });
    if before.currency != currency {
        let given = format!("{} in the price list {:?}", currency.code(), draft.name);
        return Err(Rejection::WrongCurrency { given, wanted: before.currency.code().to_owned() });
    }
    let mut list = before.clone();
    if draft.channel.is_some() {
        list.channel = channel;
    }
    if let Some(said) = &draft.customer_group {
        list.customer_group = said.value().cloned();
    }
    if let Some(said) = &draft.from {
        list.window.from = said.value().copied();
    }
    if let Some(said) = &draft.until {
        list.window.until = said.value().copied();
    }
    if let Some(said) = &draft.priority {
        list.priority = said.value().copied().unwrap_or(0);
    }
    list.check()?;
    let is_new = known.is_none();
    let differences = if is_new { Vec::new() } else { list_differences(&before, &list) };
    if is_new || !differences.is_empty() {
        list.version = before.version + 1;
    }
    Ok(PlannedPriceList { list, is_new, differences })
}

fn list_differences(before: &PriceList, after: &PriceList) -> Vec<Difference> {
    let moment = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
    let facts = |list: &PriceList| {
        [
            ("channel", list.channel.map_or_else(String::new, |id| id.to_string())),
            ("customer group", list.customer_group.clone().unwrap_or_default()),
            ("from", moment(list.window.from)),
            ("until", moment(list.window.until)),
            ("priority", list.priority.to_string()),
        ]
    };
    let pairs = facts(before).into_iter().zip(facts(after));
    pairs
        .filter(|(before, after)| before != after)
        .map(|((field, before), (_, after))| Difference { field: field.to_owned(), before, after })
        .collect()
}

/// What becomes of one price.
///
/// ```
/// use sutler_core::import::PriceChange;
/// assert_ne!(PriceChange::Removed, PriceChange::Unchanged);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PriceChange {
    /// It is new in its list.
    Created(Price),
    /// It replaces another one.
    Changed(Price),
    /// It is taken away.
    Removed,
    /// It is there already, or not there to be taken away.
    Unchanged,
}

/// What becomes of one price, and what is to be told of it.
///
/// ```
/// # use sutler_core::id::{PriceListId, VariantId};
/// use sutler_core::import::{PriceChange, PriceDraft, plan_price, PriceListDraft, plan_price_list};
/// # use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::Price;
///
/// # let id = PriceListId::from_u128(1);
/// let list = plan_price_list(&PriceListDraft::named("Retail"), None, None, Currency::EUR, id)?.list;
/// let variant = VariantId::from_u128(2);
/// let amount = |text| Money::parse(text, Currency::EUR);
/// let held = Price { list: list.id, variant, min_quantity: 1, amount: amount("10.00")?, compare_at: None };
/// let draft = PriceDraft {
///     line: 2, list: 0, variant: "MUG".into(), min_quantity: 1, amount: Some(amount("4.90")?), compare_at: None,
/// };
/// let planned = plan_price(&draft, "MUG", variant, &list, Some(list.id), &[held])?;
/// assert!(matches!(planned.change, PriceChange::Changed(_)));
/// assert_eq!(planned.danger.map(|danger| danger.kind), Some("price.moves"));
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedPrice {
    /// What becomes of it.
    pub change: PriceChange,
    /// Before and after; `None` when nothing changes.
    pub difference: Option<Difference>,
    /// What a person should confirm.
    pub danger: Option<Danger>,
}

/// Compares a price of a file with those that the variant has in all lists. `base` is the list that everybody pays by.
///
/// Dangerous are a price that moves by more than half, a new public price that is that far from what
/// so many units cost by the base list, and taking away the base price, without which nobody can buy.
///
/// Errors: what [`Price::check`] refuses.
///
/// ```
/// # use sutler_core::id::{PriceListId, VariantId};
/// use sutler_core::import::{PriceChange, PriceDraft, plan_price, PriceListDraft, plan_price_list};
/// # use sutler_core::money::{Currency, Money};
///
/// # let id = PriceListId::from_u128(1);
/// let list = plan_price_list(&PriceListDraft::named("Retail"), None, None, Currency::EUR, id)?.list;
/// let gone = PriceDraft {
///     line: 2, list: 0, variant: "MUG".into(), min_quantity: 10, amount: None, compare_at: None,
/// };
/// let planned = plan_price(&gone, "MUG", VariantId::from_u128(2), &list, None, &[])?;
/// assert_eq!(planned.change, PriceChange::Unchanged, "it was not there");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn plan_price(
    draft: &PriceDraft,
    label: &str,
    variant: VariantId,
    list: &PriceList,
    base: Option<PriceListId>,
    held: &[Price],
) -> Result<PlannedPrice, Rejection> {
    let rung = |of: PriceListId, min_quantity| {
        let is_meant = |price: &&Price| {
            price.variant == variant && price.list == of && price.min_quantity == min_quantity
        };
        held.iter().find(is_meant)
    };
    let known = rung(list.id, draft.min_quantity);
    let kept = || known.and_then(|price| price.compare_at);
    let compare_at = draft.compare_at.as_ref().map_or_else(kept, |said| said.value().copied());
    let price = draft.amount.map(|amount| Price {
        list: list.id,
        variant,
        min_quantity: draft.min_quantity,
        amount,
        compare_at,
    });
    if price.as_ref() == known {
        return Ok(PlannedPrice { change: PriceChange::Unchanged, difference: None, danger: None });
    }
    if let Some(price) = &price {
        price.check(list)?;
    }
    let text = |price: Option<&Price>| match price {
        None => String::new(),
        Some(Price { amount, compare_at: None, .. }) => amount.to_string(),
        Some(Price { amount, compare_at: Some(before), .. }) => format!("{amount} (was {before})"),
    };
    let field = match draft.min_quantity {
        1 => format!("price in {}", list.name),
        units => format!("price in {} from {units} units", list.name),
    };
    let difference = Difference { field, before: text(known), after: text(price.as_ref()) };
    let is_single = draft.min_quantity == 1;
    // What a buyer of so many units pays now.
    let base_list = base.unwrap_or(list.id);
    let of_base = |price: &&Price| {
        (price.variant, price.list) == (variant, base_list)
            && price.min_quantity <= draft.min_quantity
    };
    let rungs = held.iter().filter(of_base);
    let paid =
        rungs.max_by_key(|price| price.min_quantity).filter(|_| list.customer_group.is_none());
    let danger = danger(known.or(paid), price.as_ref(), is_single && base == Some(list.id), label);
    let change = match (price, known) {
        (None, _) => PriceChange::Removed,
        (Some(price), None) => PriceChange::Created(price),
        (Some(price), Some(_)) => PriceChange::Changed(price),
    };
    Ok(PlannedPrice { change, difference: Some(difference), danger })
}

fn danger(
    before: Option<&Price>,
    after: Option<&Price>,
    is_base: bool,
    label: &str,
) -> Option<Danger> {
    let (kind, message) = match (before, after) {
        (Some(before), Some(after)) if moves_by_more_than_half(before.amount, after.amount) => {
            let message =
                format!("its price would move from {} to {}", before.amount, after.amount);
            ("price.moves", message)
        }
        (Some(before), None) if is_base => {
            let message =
                format!("its price of {} would be taken away, so nobody can buy it", before.amount);
            ("price.removed", message)
        }
        _ => return None,
    };
    Some(Danger { kind, subject: label.to_owned(), message })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    const BASE: PriceListId = PriceListId::from_u128(1);
    const VARIANT: VariantId = VariantId::from_u128(9);

    fn eur(text: &str) -> Money {
        Money::parse(text, Currency::EUR).unwrap()
    }

    fn list(id: u128, group: Option<&str>) -> PriceList {
        PriceList {
            customer_group: group.map(str::to_owned),
            ..PriceList::new(PriceListId::from_u128(id), format!("List {id}"), Currency::EUR)
        }
    }

    fn held(list: u128, min_quantity: u32, amount: &str) -> Price {
        let list = PriceListId::from_u128(list);
        Price { list, variant: VARIANT, min_quantity, amount: eur(amount), compare_at: None }
    }

    fn plan(
        list: &PriceList,
        min_quantity: u32,
        amount: Option<&str>,
        held: &[Price],
    ) -> PlannedPrice {
        let draft = PriceDraft {
            line: 2,
            list: 0,
            variant: "MUG".to_owned(),
            min_quantity,
            amount: amount.map(eur),
            compare_at: None,
        };
        plan_price(&draft, "MUG", VARIANT, list, Some(BASE), held).unwrap()
    }

    #[test]
    fn a_price_that_is_there_already_changes_nothing() {
        let held = [held(1, 1, "10.00"), held(1, 10, "9.00")];
        assert_eq!(plan(&list(1, None), 10, Some("9.00"), &held).change, PriceChange::Unchanged);
        assert_eq!(plan(&list(2, None), 10, None, &held).change, PriceChange::Unchanged);
        assert_eq!(plan(&list(1, None), 10, None, &held).change, PriceChange::Removed);
    }

    #[test]
    fn dangers_are_a_price_that_moves_by_more_than_half_and_a_base_price_that_goes() {
        let held = [held(1, 1, "10.00"), held(2, 1, "8.00")];
        let kind = |planned: PlannedPrice| planned.danger.map(|danger| danger.kind);
        assert_eq!(kind(plan(&list(1, None), 1, Some("5.00"), &held)), None);
        assert_eq!(kind(plan(&list(1, None), 1, Some("4.99"), &held)), Some("price.moves"));
        assert_eq!(kind(plan(&list(1, None), 1, None, &held)), Some("price.removed"));
        assert_eq!(kind(plan(&list(2, None), 1, None, &held)), None, "the base price is left");
        assert_eq!(
            kind(plan(&list(3, None), 1, Some("1.00"), &held)),
            Some("price.moves"),
            "a new sale"
        );
        assert_eq!(kind(plan(&list(3, Some("b2b")), 1, Some("1.00"), &held)), None, "a contract");
        assert_eq!(kind(plan(&list(3, None), 100, Some("5.00"), &held)), None, "a rung");
        let far = kind(plan(&list(3, None), 100, Some("1.00"), &held));
        assert_eq!(far, Some("price.moves"), "a rung far from what so many units cost now");
    }

    #[test]
    fn a_compare_at_price_that_nothing_is_said_about_stays() {
        let known = Price { compare_at: Some(eur("12.00")), ..held(1, 1, "10.00") };
        let planned = plan(&list(1, None), 1, Some("9.00"), std::slice::from_ref(&known));
        let PriceChange::Changed(price) = planned.change else { panic!("{planned:?}") };
        assert_eq!(price.compare_at, known.compare_at);
        assert_eq!(planned.difference.unwrap().after, "9.00 EUR (was 12.00 EUR)");
    }

    #[test]
    fn what_a_file_does_not_say_about_a_list_stays() {
        let trade = PriceList { priority: 7, ..list(4, Some("trade")) };
        let id = PriceListId::from_u128(99);
        let named = PriceListDraft::named(trade.name.clone());
        let same = plan_price_list(&named, Some(&trade), None, Currency::EUR, id).unwrap();
        assert_eq!((same.list.clone(), same.changes()), (trade.clone(), false));
        let open = PriceListDraft { customer_group: Some(Said::Cleared), ..named };
        let changed = plan_price_list(&open, Some(&trade), None, Currency::EUR, id).unwrap();
        assert_eq!((changed.list.priority, changed.list.version), (7, 2));
        assert_eq!(changed.differences[0].field, "customer group");
    }
}
