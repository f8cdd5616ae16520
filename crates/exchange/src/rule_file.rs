//! Delivery methods and fees from TOML files: [`read_delivery_method`], [`read_fee`].
//!
//! Such a file says what a rule of the shop is, in words: amounts as digits (`"4.90"`) of the shop's currency or of the one that
//! it names (`currency = "GBP"`), categories by their path (`"Food > Fish"`). Everything that is not known is refused with its line, because a misspelled limit would
//! otherwise limit nothing.
//!
//! Deliberately absent: what contradicts itself, which core says when the rule is stored.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sutler_core::address::{CountryCode, Region};
use sutler_core::import::{Diagnostic, Place};
use sutler_core::money::{Currency, Money, Rate};
use sutler_core::pricing::{
    ChargeTax, DeliveryRate, PostalCodes, QuantityRung, SubtotalRung, SurchargeRule, TableRow,
    TaxCategory, Territory, VolumeRung, WeightRung, Window,
};
use sutler_core::time::Timestamp;

use crate::codes;
use crate::diagnose::fatal_place;
use crate::open::Refused;

/// A delivery method as a file says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryDraft {
    /// The word people type.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Where it goes.
    pub zone: Territory,
    /// What it costs.
    pub rate: DeliveryRate,
    /// From which goods on it is free of the rate.
    pub free_over: Option<Money>,
    /// Name, rule and amount of each surcharge.
    pub surcharges: Vec<(String, SurchargeRule, Money)>,
    /// The heaviest cart, in grams.
    pub up_to_grams: Option<u64>,
    /// The longest side, in millimeters.
    pub up_to_mm: Option<u32>,
    /// Paths of the only categories it takes.
    pub only_categories: Vec<String>,
    /// Paths of the categories it does not take.
    pub except_categories: Vec<String>,
    /// Whether it takes dangerous goods.
    pub dangerous_goods: bool,
    /// How it is taxed.
    pub tax: ChargeTax,
    /// Whether buyers can choose it.
    pub active: bool,
}

/// How much a fee is, as a file says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeeAmountDraft {
    /// Once for the order.
    Flat(Money),
    /// For each unit.
    PerUnit(Money),
    /// A part of the goods, perhaps with the delivery.
    Percent(Rate, bool),
}

/// A fee as a file says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeeDraft {
    /// The word people type.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// How much.
    pub amount: FeeAmountDraft,
    /// Codes of the channels it is for.
    pub channels: Vec<String>,
    /// Ways to pay it is for.
    pub payments: Vec<String>,
    /// Paths of the categories it is for.
    pub categories: Vec<String>,
    /// Where the goods go.
    pub territory: Territory,
    /// Only while the goods cost less.
    pub goods_below: Option<Money>,
    /// When.
    pub window: Window,
    /// How it is taxed.
    pub tax: ChargeTax,
    /// Whether it is charged at all.
    pub active: bool,
}

/// Reads a delivery method. Its amounts are in the currency that the file names, or else in the one that is given.
///
/// Errors: [`Refused`], with the line that is to blame.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::read_delivery_method;
///
/// let file = r#"
/// code = "post"
/// name = "Post"
/// place = { countries = ["DE"] }
/// rate = { kind = "weight", rungs = [{ up_to = 5000, amount = "4.90" }, { amount = "16.90" }] }
/// free_over = "75"
/// [[surcharges]]
/// name = "Islands"
/// amount = "11.90"
/// place = { countries = ["DE"], postal_codes = ["27498"] }
/// "#;
/// let method = read_delivery_method(file, Currency::EUR)?;
/// assert_eq!((method.code.as_str(), method.surcharges.len()), ("post", 1));
/// assert!(read_delivery_method(&file.replace("free_over", "free_above"), Currency::EUR).is_err());
///
/// let abroad = format!("currency = \"GBP\"\n{file}");
/// let free_over = read_delivery_method(&abroad, Currency::EUR)?.free_over;
/// assert_eq!(free_over.map(|amount| amount.to_string()).as_deref(), Some("75.00 GBP"));
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
pub fn read_delivery_method(text: &str, currency: Currency) -> Result<DeliveryDraft, Refused> {
    let file: DeliveryFile = read(text)?;
    let currency = currency_of(file.currency.as_deref(), currency)?;
    let DeliveryFile {
        code, name, place, rate, free_over, surcharges, limits, tax, active, ..
    } = file;
    let money = |digits: &str| amount(digits, currency);
    Ok(DeliveryDraft {
        code,
        name,
        zone: place.territory(),
        rate: rate.rate(currency)?,
        free_over: free_over.as_deref().map(money).transpose()?,
        surcharges: surcharges
            .into_iter()
            .map(|surcharge| surcharge.surcharge(currency))
            .collect::<Result<_, _>>()?,
        up_to_grams: limits.up_to_grams,
        up_to_mm: limits.up_to_mm,
        only_categories: limits.only_categories,
        except_categories: limits.except_categories,
        dangerous_goods: limits.dangerous_goods,
        tax: charge_tax(tax.as_deref())?,
        active: active.unwrap_or(true),
    })
}

/// Reads a fee. Its amounts are in the currency that the file names, or else in the one that is given.
///
/// Errors: [`Refused`], with the line that is to blame.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::read_fee;
///
/// let fee = read_fee("code = \"cash\"\nname = \"Cash on delivery\"\namount = \"2\"\npayments = [\"manual:cash\"]", Currency::EUR)?;
/// assert_eq!(fee.payments, ["manual:cash"]);
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
pub fn read_fee(text: &str, currency: Currency) -> Result<FeeDraft, Refused> {
    let file: FeeFile = read(text)?;
    let currency = currency_of(file.currency.as_deref(), currency)?;
    let money = |digits: &str| amount(digits, currency);
    let amount = match (&file.amount, &file.per_unit, &file.percent) {
        (Some(digits), None, None) => FeeAmountDraft::Flat(money(digits)?),
        (None, Some(digits), None) => FeeAmountDraft::PerUnit(money(digits)?),
        (None, None, Some(digits)) => {
            let rate = Rate::percent(digits).map_err(|error| wrong(error.to_string()))?;
            FeeAmountDraft::Percent(rate, file.with_delivery)
        }
        _ => return Err(wrong("a fee has exactly one of amount, per_unit and percent")),
    };
    Ok(FeeDraft {
        amount,
        territory: file.place.territory(),
        goods_below: file.goods_below.as_deref().map(money).transpose()?,
        window: Window { from: moment(file.from)?, until: moment(file.until)? },
        tax: charge_tax(file.tax.as_deref())?,
        active: file.active.unwrap_or(true),
        code: file.code,
        name: file.name,
        channels: file.channels,
        payments: file.payments,
        categories: file.categories,
    })
}

/// A delivery method, key by key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryFile {
    code: String,
    name: String,
    currency: Option<String>,
    #[serde(default)]
    place: PlaceFile,
    rate: RateFile,
    free_over: Option<String>,
    #[serde(default)]
    surcharges: Vec<SurchargeFile>,
    #[serde(default)]
    limits: LimitsFile,
    tax: Option<String>,
    active: Option<bool>,
}

/// Where something holds.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct PlaceFile {
    #[serde(default)]
    countries: Vec<CountryCode>,
    #[serde(default)]
    regions: Vec<Region>,
    #[serde(default)]
    postal_codes: Vec<PostalCodes>,
    #[serde(default)]
    except_postal_codes: Vec<PostalCodes>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum RateFile {
    Flat { amount: String },
    Weight { rungs: Vec<RungFile> },
    Volume { rungs: Vec<RungFile> },
    Quantity { rungs: Vec<RungFile> },
    Subtotal { rungs: Vec<FromFile> },
    Table { rows: Vec<RowFile> },
}

/// Up to a measure: grams, cubic centimeters or units; without one, any.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RungFile {
    up_to: Option<u64>,
    amount: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromFile {
    from: String,
    amount: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowFile {
    #[serde(default)]
    place: PlaceFile,
    up_to_grams: Option<u64>,
    up_to_cm3: Option<u64>,
    up_to_units: Option<u64>,
    from: Option<String>,
    amount: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SurchargeFile {
    name: String,
    amount: String,
    place: Option<PlaceFile>,
    above_grams: Option<u64>,
    step_grams: Option<u64>,
    above_mm: Option<u32>,
    #[serde(default)]
    dangerous_goods: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    up_to_grams: Option<u64>,
    up_to_mm: Option<u32>,
    #[serde(default)]
    only_categories: Vec<String>,
    #[serde(default)]
    except_categories: Vec<String>,
    #[serde(default)]
    dangerous_goods: bool,
}

/// A fee, key by key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeeFile {
    code: String,
    name: String,
    currency: Option<String>,
    amount: Option<String>,
    per_unit: Option<String>,
    percent: Option<String>,
    #[serde(default)]
    with_delivery: bool,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    payments: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    place: PlaceFile,
    goods_below: Option<String>,
    from: Option<String>,
    until: Option<String>,
    tax: Option<String>,
    active: Option<bool>,
}

impl PlaceFile {
    fn territory(self) -> Territory {
        let PlaceFile { countries, regions, postal_codes, except_postal_codes } = self;
        Territory { countries, regions, postal_codes, except_postal_codes }
    }
}

impl RateFile {
    fn rate(self, currency: Currency) -> Result<DeliveryRate, Refused> {
        fn each<F, T>(
            files: Vec<F>,
            one: impl Fn(F) -> Result<T, Refused>,
        ) -> Result<Vec<T>, Refused> {
            files.into_iter().map(one).collect()
        }
        let money = |digits: &str| amount(digits, currency);
        Ok(match self {
            RateFile::Flat { amount } => DeliveryRate::Flat { amount: money(&amount)? },
            RateFile::Weight { rungs } => DeliveryRate::ByWeight {
                rungs: each(rungs, |rung| {
                    Ok(WeightRung { up_to_grams: rung.up_to, amount: money(&rung.amount)? })
                })?,
            },
            RateFile::Volume { rungs } => DeliveryRate::ByVolume {
                rungs: each(rungs, |rung| {
                    Ok(VolumeRung { up_to_cm3: rung.up_to, amount: money(&rung.amount)? })
                })?,
            },
            RateFile::Quantity { rungs } => DeliveryRate::ByQuantity {
                rungs: each(rungs, |rung| {
                    Ok(QuantityRung { up_to_units: rung.up_to, amount: money(&rung.amount)? })
                })?,
            },
            RateFile::Subtotal { rungs } => DeliveryRate::BySubtotal {
                rungs: each(rungs, |rung| {
                    Ok(SubtotalRung { from: money(&rung.from)?, amount: money(&rung.amount)? })
                })?,
            },
            RateFile::Table { rows } => DeliveryRate::Table {
                rows: each(rows, |row| {
                    Ok(TableRow {
                        territory: row.place.territory(),
                        up_to_grams: row.up_to_grams,
                        up_to_cm3: row.up_to_cm3,
                        up_to_units: row.up_to_units,
                        from: row.from.as_deref().map(money).transpose()?,
                        amount: money(&row.amount)?,
                    })
                })?,
            },
        })
    }
}

impl SurchargeFile {
    fn surcharge(self, currency: Currency) -> Result<(String, SurchargeRule, Money), Refused> {
        let SurchargeFile {
            name,
            amount: digits,
            place,
            above_grams,
            step_grams,
            above_mm,
            dangerous_goods,
        } = self;
        let rule = match (place, above_grams, step_grams, above_mm, dangerous_goods) {
            (Some(place), None, None, None, false) => {
                SurchargeRule::Place { territory: place.territory() }
            }
            (None, Some(above_grams), Some(step_grams), None, false) => {
                SurchargeRule::Weight { above_grams, step_grams }
            }
            (None, None, None, Some(above_mm), false) => SurchargeRule::Bulky { above_mm },
            (None, None, None, None, true) => SurchargeRule::DangerousGoods,
            _ => {
                let why = format!(
                    "the surcharge {name:?} is due for one thing: place, above_grams with step_grams, above_mm, or \
                     dangerous_goods"
                );
                return Err(wrong(why));
            }
        };
        let amount = amount(&digits, currency)?;
        Ok((name, rule, amount))
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Refused> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = u64::try_from(before.matches('\n').count() + 1).unwrap_or(0);
        Refused::one(diagnostic(Place { line, ..Place::default() }, error.message()))
    })
}

/// A fault of a value that is well-formed TOML.
fn wrong(why: impl Into<String>) -> Refused {
    Refused::one(diagnostic(Place::default(), why))
}

fn diagnostic(place: Place, why: impl Into<String>) -> Diagnostic {
    fatal_place(&codes::RULE_FILE, place, why, "mend the file; nothing was written")
}

/// Returns the currency that a file names, or else the usual one.
fn currency_of(named: Option<&str>, usual: Currency) -> Result<Currency, Refused> {
    let named = named.map(Currency::from_code).transpose();
    Ok(named.map_err(|error| wrong(error.to_string()))?.unwrap_or(usual))
}

fn amount(digits: &str, currency: Currency) -> Result<Money, Refused> {
    Money::parse(digits, currency).map_err(|error| wrong(error.to_string()))
}

/// Reads `as-goods` (the default), `untaxed` or a tax category.
fn charge_tax(word: Option<&str>) -> Result<ChargeTax, Refused> {
    Ok(match word {
        None | Some("as-goods") => ChargeTax::AsGoods,
        Some("untaxed") => ChargeTax::Untaxed,
        Some(category) => {
            let category = TaxCategory::new(category).map_err(|error| wrong(error.to_string()))?;
            ChargeTax::Category(category)
        }
    })
}

fn moment(text: Option<String>) -> Result<Option<Timestamp>, Refused> {
    text.map(|text| text.parse().map_err(|error| wrong(format!("{error}")))).transpose()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    const METHOD: &str = r#"
code = "post"
name = "Post"
place = { countries = ["DE"], except_postal_codes = ["27498"] }
tax = "untaxed"

[rate]
kind = "table"
rows = [
  { place = { countries = ["DE"] }, up_to_grams = 2000, up_to_cm3 = 9, up_to_units = 3, from = "1", amount = "4.90" },
  { amount = "9.90" },
]

[limits]
up_to_grams = 31500
up_to_mm = 1200
except_categories = ["Food / Fish"]

[[surcharges]]
name = "Heavy"
amount = "0.50"
above_grams = 5000
step_grams = 1000

[[surcharges]]
name = "Bulky"
amount = "20"
above_mm = 1200
"#;

    #[test]
    fn a_method_is_read_with_all_that_it_says() {
        let method = read_delivery_method(METHOD, Currency::EUR).unwrap();
        let DeliveryRate::Table { rows } = &method.rate else { panic!("{method:?}") };
        assert_eq!((rows.len(), rows[0].up_to_units), (2, Some(3)));
        assert_eq!(
            (method.up_to_grams, method.active, method.dangerous_goods),
            (Some(31_500), true, false)
        );
        assert_eq!(
            (method.tax, method.zone.to_string().as_str()),
            (ChargeTax::Untaxed, "DE without 27498")
        );
        assert_eq!(method.except_categories, ["Food / Fish"]);
        for kind in ["weight", "volume", "quantity"] {
            let rate = format!(
                "rate = {{ kind = \"{kind}\", rungs = [{{ up_to = 1, amount = \"2\" }}] }}"
            );
            let text = format!("code = \"a\"\nname = \"b\"\n{rate}");
            assert!(read_delivery_method(&text, Currency::EUR).is_ok(), "{kind}");
        }
    }

    #[test]
    fn every_misspelling_is_refused_with_its_line() {
        for (good, bad, line) in [
            ("except_postal_codes", "without", 4),
            ("\"27498\"", "\"27498..1\"", 4),
            ("\"DE\"", "\"de\"", 4),
            ("kind = \"table\"", "kind = \"zones\"", 7),
            ("up_to_mm = 1200", "up_to_cm = 120", 16),
            ("step_grams = 1000", "step = 1000", 23),
            ("amount = \"20\"", "amount = 20", 27),
        ] {
            let text = METHOD.replacen(good, bad, 1);
            let refused = read_delivery_method(&text, Currency::EUR).unwrap_err();
            let found = &refused.diagnostics()[0];
            assert_eq!(found.code, "E174", "{bad}");
            assert!(found.place.line.abs_diff(line) <= 1, "{bad}: {found:?}");
        }
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for (good, bad) in [
            ("\"20\"", "\"20.001\""),
            ("\"20\"", "\"-1\""),
            ("above_mm = 1200\n", ""),
            ("step_grams = 1000\n", ""),
            ("above_mm = 1200\n", "above_mm = 1\ndangerous_goods = true\n"),
        ] {
            let text = METHOD.replace(good, bad);
            let method = read_delivery_method(&text, Currency::EUR);
            // An amount below zero is money; core refuses it with the method.
            assert!(method.is_err() || bad == "\"-1\"", "{bad}");
        }
    }

    #[test]
    fn a_fee_has_one_kind_of_amount() {
        let fee = |amounts: &str| {
            let text =
                format!("code = \"a\"\nname = \"b\"\n{amounts}\nfrom = \"2027-01-01T00:00:00Z\"");
            read_fee(&text, Currency::EUR).map(|fee| fee.amount)
        };
        let money = |minor| Money::from_minor(minor, Currency::EUR);
        assert_eq!(fee("amount = \"2\"").unwrap(), FeeAmountDraft::Flat(money(200)));
        assert_eq!(fee("per_unit = \"0.25\"").unwrap(), FeeAmountDraft::PerUnit(money(25)));
        let half = Rate::percent("0.5").unwrap();
        let percent = fee("percent = \"0.5\"\nwith_delivery = true").unwrap();
        assert_eq!(percent, FeeAmountDraft::Percent(half, true));
        for wrong in ["", "amount = \"1\"\npercent = \"1\"", "percent = \"1 %\"", "tax = \"\""] {
            assert!(fee(wrong).is_err(), "{wrong}");
        }
    }
}
