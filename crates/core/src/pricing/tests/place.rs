//! The words of scenarios about places: tax zones and rates, what a buyer claims, deliveries and fees.
//!
//! A place is one word: `DE`, `DE|FR`, `US-CA`, `ES:35,38` with postal codes, `DE!27498` without some, `everywhere`.

use super::*;
use crate::catalog::Dimensions;

/// Reads a place.
fn territory(word: &str) -> Territory {
    let codes = |list: &str| list.split(',').map(|code| code.parse().unwrap()).collect();
    let (word, except_postal_codes) = match word.split_once('!') {
        Some((word, list)) => (word, codes(list)),
        None => (word, vec![]),
    };
    let (word, postal_codes) = match word.split_once(':') {
        Some((word, list)) => (word, codes(list)),
        None => (word, vec![]),
    };
    let (word, regions) = match word.split_once('-') {
        Some((word, regions)) => (word, regions.split('|').map(|r| r.parse().unwrap()).collect()),
        None => (word, vec![]),
    };
    let countries = match word {
        "everywhere" => vec![],
        countries => countries.split('|').map(|country| country.parse().unwrap()).collect(),
    };
    Territory { countries, regions, postal_codes, except_postal_codes }
}

/// Reads `100x200x300`.
pub(super) fn dimensions(word: &str) -> Dimensions {
    let sides: Vec<u32> = word.split('x').map(|side| side.parse().unwrap()).collect();
    Dimensions { length_mm: sides[0], width_mm: sides[1], height_mm: sides[2] }
}

/// Reads `as-goods`, `-` or a category.
fn charge_tax(word: &str) -> ChargeTax {
    match word {
        "as-goods" => ChargeTax::AsGoods,
        "-" => ChargeTax::Untaxed,
        category => ChargeTax::Category(TaxCategory::new(category).unwrap()),
    }
}

fn limit(word: &str) -> Option<u64> {
    (word != "any").then(|| word.parse().unwrap())
}

impl Shop {
    /// Reads one line about places: see the functions below, and `to <place> [<postal code>]`, `home <country>`,
    /// `vat-id <number>`, `exempt <reason>`, `pay <provider:method>`.
    pub(super) fn build_place(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["to", place, rest @ ..] => {
                let (country, region) = place.split_once('-').unwrap_or((place, ""));
                self.request.ship_to = Some(Destination {
                    country: country.parse().unwrap(),
                    region: region.parse().ok(),
                    postal_code: rest.join(" "),
                });
            }
            ["home", country] => self.facts.home = Some(country.parse().unwrap()),
            ["vat-id", number] => {
                self.request.buyer_tax.vat_id = Some(VatId::new(number).map_err(|e| e.to_string())?)
            }
            ["exempt", reason @ ..] => self.request.buyer_tax.exemption = Some(reason.join(" ")),
            ["pay", how] => self.request.payment = Some((*how).to_owned()),
            ["rate", code, kind, rungs @ ..] => self.ladder(code, kind, rungs),
            ["row", code, place, amount, rest @ ..] => self.row(code, place, amount, rest),
            ["surcharge", code, name, amount, rest @ ..] => {
                self.surcharge(code, name, amount, rest)
            }
            ["limit", code, rest @ ..] => self.limit(code, rest),
            ["fee", code, kind, number, rest @ ..] => self.fee(code, kind, number, rest),
            _ => return Err("cannot read it".to_owned()),
        }
        Ok(())
    }

    /// `tax <category> <percent> [<name>] [level <n>] [in <place>]`
    pub(super) fn tax(&mut self, category: &str, percent: &str, rest: &[&str]) {
        let (rest, place) = match rest {
            [rest @ .., "in", place] => (rest, *place),
            rest => (rest, "everywhere"),
        };
        let (rest, level) = match rest {
            [rest @ .., "level", level] => (rest, level.parse().unwrap()),
            rest => (rest, 0),
        };
        let name = match rest {
            [] => "VAT",
            [name] => *name,
            _ => panic!("cannot read {rest:?}"),
        };
        let zone = self.facts.tax_zones.iter().find(|zone| zone.name == place);
        let zone = zone.map(|zone| zone.id).unwrap_or_else(|| {
            let id = TaxZoneId::from_u128(u128::try_from(self.facts.tax_zones.len()).unwrap() + 1);
            let (name, territory) = (place.to_owned(), territory(place));
            self.facts.tax_zones.push(TaxZone { id, name, territory, version: 1 });
            id
        });
        self.facts.tax_rates.push(TaxRate {
            zone,
            category: TaxCategory::new(category).unwrap(),
            name: name.to_owned(),
            rate: Rate::percent(percent).unwrap(),
            level,
            window: Window::ALWAYS,
        });
    }

    /// `delivery <code> <flat amount> [taxed <category>|as-goods] [free-over <amount>] [to <place>]`
    pub(super) fn delivery(&mut self, code: &str, amount: &str, words: &[&str]) {
        let mut method = DeliveryMethod {
            id: DeliveryMethodId::from_u128(
                u128::try_from(self.facts.delivery_methods.len()).unwrap() + 1,
            ),
            code: code.to_owned(),
            name: code.to_owned(),
            zone: DeliveryZone::default(),
            rate: DeliveryRate::Flat { amount: self.money(amount) },
            free_over: None,
            surcharges: vec![],
            limits: DeliveryLimits::default(),
            tax: ChargeTax::Untaxed,
            active: true,
            version: 1,
        };
        for pair in words.chunks(2) {
            match pair {
                ["taxed", how] => method.tax = charge_tax(how),
                ["free-over", amount] => method.free_over = Some(self.money(amount)),
                ["to", place] => method.zone = territory(place),
                _ => panic!("cannot read {pair:?}"),
            }
        }
        self.facts.delivery_methods.push(method);
    }

    fn method(&mut self, code: &str) -> &mut DeliveryMethod {
        self.facts.delivery_methods.iter_mut().find(|method| method.code == code).unwrap()
    }

    /// `rate <code> weight|volume|units|subtotal <limit>:<amount> …`, where a limit may be `any`.
    fn ladder(&mut self, code: &str, kind: &str, rungs: &[&str]) {
        let rungs = rungs.iter().map(|rung| rung.split_once(':').unwrap());
        let rungs: Vec<_> = rungs.map(|(limit, amount)| (limit, self.money(amount))).collect();
        let rate = match kind {
            "weight" => DeliveryRate::ByWeight {
                rungs: rungs
                    .iter()
                    .map(|(most, amount)| WeightRung { up_to_grams: limit(most), amount: *amount })
                    .collect(),
            },
            "volume" => DeliveryRate::ByVolume {
                rungs: rungs
                    .iter()
                    .map(|(most, amount)| VolumeRung { up_to_cm3: limit(most), amount: *amount })
                    .collect(),
            },
            "units" => DeliveryRate::ByQuantity {
                rungs: rungs
                    .iter()
                    .map(|(most, amount)| QuantityRung {
                        up_to_units: limit(most),
                        amount: *amount,
                    })
                    .collect(),
            },
            "subtotal" => DeliveryRate::BySubtotal {
                rungs: rungs
                    .iter()
                    .map(|(from, amount)| SubtotalRung { from: self.money(from), amount: *amount })
                    .collect(),
            },
            _ => panic!("cannot read {kind}"),
        };
        self.method(code).rate = rate;
    }

    /// `row <code> <place> <amount> [grams <n>] [cm3 <n>] [units <n>] [from <amount>]`; the first makes the rate a table.
    fn row(&mut self, code: &str, place: &str, amount: &str, words: &[&str]) {
        let mut row = TableRow {
            territory: territory(place),
            up_to_grams: None,
            up_to_cm3: None,
            up_to_units: None,
            from: None,
            amount: self.money(amount),
        };
        for pair in words.chunks(2) {
            match pair {
                ["grams", most] => row.up_to_grams = limit(most),
                ["cm3", most] => row.up_to_cm3 = limit(most),
                ["units", most] => row.up_to_units = limit(most),
                ["from", amount] => row.from = Some(self.money(amount)),
                _ => panic!("cannot read {pair:?}"),
            }
        }
        let rate = &mut self.method(code).rate;
        match rate {
            DeliveryRate::Table { rows } => rows.push(row),
            other => *other = DeliveryRate::Table { rows: vec![row] },
        }
    }

    /// `surcharge <code> <name> <amount> each <grams> above <grams>|longer <mm>|place <place>|dangerous`
    fn surcharge(&mut self, code: &str, name: &str, amount: &str, words: &[&str]) {
        let rule = match words {
            ["each", step, "above", limit] => SurchargeRule::Weight {
                above_grams: limit.parse().unwrap(),
                step_grams: step.parse().unwrap(),
            },
            ["longer", limit] => SurchargeRule::Bulky { above_mm: limit.parse().unwrap() },
            ["place", place] => SurchargeRule::Place { territory: territory(place) },
            ["dangerous"] => SurchargeRule::DangerousGoods,
            _ => panic!("cannot read {words:?}"),
        };
        let (name, amount) = (name.to_owned(), self.money(amount));
        self.method(code).surcharges.push(DeliverySurcharge { name, rule, amount });
    }

    /// `limit <code> [grams <n>] [mm <n>] [only <category id>] [except <category id>] [dangerous yes]`
    fn limit(&mut self, code: &str, words: &[&str]) {
        let limits = &mut self.method(code).limits;
        let category = |id: &str| CategoryId::from_u128(id.parse().unwrap());
        for pair in words.chunks(2) {
            match pair {
                ["grams", most] => limits.up_to_grams = limit(most),
                ["mm", most] => limits.up_to_mm = Some(most.parse().unwrap()),
                ["only", id] => limits.only_categories.push(category(id)),
                ["except", id] => limits.except_categories.push(category(id)),
                ["dangerous", "yes"] => limits.dangerous_goods = true,
                _ => panic!("cannot read {pair:?}"),
            }
        }
    }

    /// `fee <code> flat|each|percent|percent-with-delivery <number> [taxed …] [pay <how>] [under <category id>]
    /// [below <amount>] [to <place>] [until <ms>]`
    pub(super) fn fee(&mut self, code: &str, kind: &str, number: &str, words: &[&str]) {
        let rate = |with_delivery| FeeAmount::Percent {
            rate: Rate::percent(number).unwrap(),
            with_delivery,
        };
        let mut fee = Fee {
            id: FeeId::from_u128(u128::try_from(self.facts.fees.len()).unwrap() + 1),
            code: code.to_owned(),
            name: code.to_owned(),
            amount: match kind {
                "flat" => FeeAmount::Flat { amount: self.money(number) },
                "each" => FeeAmount::PerUnit { amount: self.money(number) },
                "percent" => rate(false),
                "percent-with-delivery" => rate(true),
                _ => panic!("cannot read {kind}"),
            },
            condition: FeeCondition::default(),
            tax: ChargeTax::Untaxed,
            active: true,
            version: 1,
        };
        for pair in words.chunks(2) {
            let condition = &mut fee.condition;
            match pair {
                ["taxed", how] => fee.tax = charge_tax(how),
                ["pay", how] => condition.payments.push((*how).to_owned()),
                ["under", id] => {
                    condition.categories.push(CategoryId::from_u128(id.parse().unwrap()))
                }
                ["below", amount] => condition.goods_below = Some(self.money(amount)),
                ["to", place] => condition.territory = territory(place),
                ["until", ms] => {
                    condition.window.until = Some(Timestamp::from_millis(ms.parse().unwrap()))
                }
                _ => panic!("cannot read {pair:?}"),
            }
        }
        assert_eq!(fee.check(), Ok(()));
        self.facts.fees.push(fee);
    }
}

/// Says what the quote has where something about places is expected: `fee <code> <net> + <tax> = <total>`, `fee <code> -`,
/// `relieved <amount>`, `zone <place>`, `relief <none|exempt|reverse_charge>`, `vat-id <-|reason>`,
/// `taxes <n> <name> <amount> of <base> …` for all tax lines of a line, `d` for the delivery.
pub(super) fn found(quote: &Quote, expected: &[&str]) -> Option<String> {
    Some(match expected {
        ["fee", code, "-"] => {
            let charged = quote.fees.iter().any(|fee| fee.code == *code);
            format!("fee {code} {}", if charged { "charged" } else { "-" })
        }
        ["fee", code, _, "+", _, "=", _] => {
            let fee = quote.fees.iter().find(|fee| fee.code == *code)?;
            let [net, tax, total] = [fee.net, fee.tax_total, fee.total].map(Money::amount_text);
            format!("fee {code} {net} + {tax} = {total}")
        }
        ["relieved", _] => format!("relieved {}", quote.tax_relief_total().ok()?.amount_text()),
        ["zone", _] => format!("zone {}", quote.tax.zone.as_deref().unwrap_or("-")),
        ["relief", _] => match &quote.tax.relief {
            None => "relief none".to_owned(),
            Some(TaxRelief::Exempt { .. }) => "relief exempt".to_owned(),
            Some(TaxRelief::ReverseCharge { .. }) => "relief reverse_charge".to_owned(),
        },
        ["vat-id", _] => match &quote.tax.refused {
            None => "vat-id -".to_owned(),
            Some((_, ReverseChargeRefusal::HomeUnknown)) => "vat-id home_unknown".to_owned(),
            Some((_, ReverseChargeRefusal::HomeOutside { .. })) => "vat-id home_outside".to_owned(),
            Some((_, ReverseChargeRefusal::SameCountry { .. })) => "vat-id same_country".to_owned(),
            Some((_, ReverseChargeRefusal::GoodsStay { .. })) => "vat-id goods_stay".to_owned(),
            Some((_, ReverseChargeRefusal::GoodsOutside { .. })) => {
                "vat-id goods_outside".to_owned()
            }
        },
        ["taxes", part, ..] => {
            let taxes = match *part {
                "d" => &quote.delivery.as_ref()?.tax,
                line => &quote.line(line.parse().ok()?)?.tax,
            };
            let told = taxes.iter().map(|tax| {
                format!("{} {} of {}", tax.name, tax.amount.amount_text(), tax.base.amount_text())
            });
            format!("taxes {part} {}", told.collect::<Vec<_>>().join(" "))
        }
        _ => return None,
    })
}
