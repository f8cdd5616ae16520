//! How a shop is set up.

use sutler_core::address::CountryCode;
use sutler_core::money::Currency;
use sutler_core::shop::Setup;

use super::delivery::rate_words;
use super::{Sheet, view};
use crate::answer::Show;
use crate::page::Page;
use crate::plural::counted;

view! {
    /// Where selling happens.
    ChannelView {
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// The only currency it sells in.
        currency: Currency,
        /// Whether its prices contain tax.
        tax_inclusive: bool,
        /// Where buyers are assumed to be until they say.
        default_country: CountryCode,
    }
}

view! {
    /// A place that holds stock.
    LocationView {
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// Whether it ships.
        active: bool,
    }
}

view! {
    /// The tax on one kind of goods in one zone.
    TaxRateView {
        /// Name of the zone.
        zone: String,
        /// What kind of goods.
        category: String,
        /// The rate in percent.
        percent: String,
    }
}

view! {
    /// What a buyer chooses between.
    DeliveryMethodView {
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// What it costs, in words.
        rate: String,
    }
}

view! {
    /// How a shop is set up.
    SetupView {
        /// Its name.
        name: String,
        /// Where it is kept.
        store: String,
        /// Its currency.
        currency: Currency,
        /// Where selling happens.
        channels: Vec<ChannelView>,
        /// Places that hold stock.
        locations: Vec<LocationView>,
        /// Tax rates.
        tax_rates: Vec<TaxRateView>,
        /// Delivery methods.
        delivery_methods: Vec<DeliveryMethodView>,
        /// Products that were brought in at once.
        products: u64,
        /// Their variants.
        variants: u64,
    }
}

impl SetupView {
    /// Puts the set-up of a store together.
    pub(crate) fn new(setup: &Setup, store: &str, products: u64, variants: u64) -> Self {
        let zone =
            |id| setup.tax_zones.iter().find(|zone| zone.id == id).map(|zone| zone.name.clone());
        Self {
            name: setup.shop.name.clone(),
            store: store.to_owned(),
            currency: setup.shop.currency,
            channels: setup
                .channels
                .iter()
                .map(|channel| ChannelView {
                    code: channel.code.clone(),
                    name: channel.name.clone(),
                    currency: channel.currency,
                    tax_inclusive: channel.tax_inclusive,
                    default_country: channel.default_country,
                })
                .collect(),
            locations: setup
                .locations
                .iter()
                .map(|location| LocationView {
                    code: location.code.clone(),
                    name: location.name.clone(),
                    active: location.active,
                })
                .collect(),
            tax_rates: setup
                .tax_rates
                .iter()
                .map(|rate| TaxRateView {
                    zone: zone(rate.zone).unwrap_or_else(|| rate.zone.to_string()),
                    category: rate.category.as_str().to_owned(),
                    percent: rate.rate.percent_text(),
                })
                .collect(),
            delivery_methods: setup
                .delivery_methods
                .iter()
                .map(|method| DeliveryMethodView {
                    code: method.code.clone(),
                    name: method.name.clone(),
                    rate: rate_words(method),
                })
                .collect(),
            products,
            variants,
        }
    }
}

impl Show for SetupView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&self.name, &self.store);
        for channel in &self.channels {
            let tax =
                if channel.tax_inclusive { "prices contain tax" } else { "tax is added to prices" };
            let country = channel.default_country;
            sheet.pair(
                "channel",
                &format!("{}, {}, {country}, {tax}", channel.code, channel.currency),
            );
        }
        for location in &self.locations {
            sheet.pair("location", &location.code);
        }
        for rate in &self.tax_rates {
            sheet.pair(
                "tax",
                &format!(
                    "{} % on {} goods, {}",
                    rate.percent,
                    rate.category,
                    rate.zone.to_lowercase()
                ),
            );
        }
        for method in &self.delivery_methods {
            sheet.pair("delivery", &format!("{}, {}", method.code, method.rate));
        }
        if self.products > 0 {
            sheet.pair(
                "products",
                &format!(
                    "{} with {}",
                    self.products,
                    counted(self.variants, "variant", "variants")
                ),
            );
        }
        sheet.finish()
    }
}
