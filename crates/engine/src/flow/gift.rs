//! What a quote must know of the gifts that promotions give: which variants, and how many units there are to give.

use std::collections::BTreeMap;

use sutler_core::cart::Cart;
use sutler_core::id::VariantId;
use sutler_core::port::Goods;
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;

/// Lists what a quote of a cart may hold: what is in it, and what promotions may give now; each once.
pub(crate) fn quoted_variants(setup: &Setup, cart: &Cart, now: Timestamp) -> Vec<VariantId> {
    let mut variants: Vec<VariantId> = cart.lines.iter().map(|line| line.variant).collect();
    for gift in gifts(setup, now) {
        if !variants.contains(&gift) {
            variants.push(gift);
        }
    }
    variants
}

fn gifts(setup: &Setup, now: Timestamp) -> impl Iterator<Item = VariantId> {
    let gives = move |promotion: &&sutler_core::pricing::Promotion| {
        promotion.active && promotion.window.contains(now)
    };
    setup.promotions.iter().filter(gives).flat_map(|promotion| promotion.gifts())
}

/// Counts what there is of each gift, as sourcing will: at all locations that are active.
pub(crate) fn gift_stock(setup: &Setup, goods: &Goods, now: Timestamp) -> Vec<(VariantId, u32)> {
    let is_counted =
        |gift: &VariantId| goods.get(*gift).is_some_and(|(_, variant)| variant.tracks_stock);
    let mut stock: BTreeMap<VariantId, u32> =
        gifts(setup, now).filter(is_counted).map(|gift| (gift, 0)).collect();
    for (key, level) in &goods.levels {
        let active = setup.locations.iter().any(|l| l.active && l.id == key.location);
        if let Some(units) = stock.get_mut(&key.variant).filter(|_| active) {
            *units = units.saturating_add(level.available());
        }
    }
    stock.into_iter().collect()
}
