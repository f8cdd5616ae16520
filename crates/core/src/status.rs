//! Status tables: every lifecycle is a constant table of moves, and one trait reads them all.
//!
//! What is not listed is refused; there are no callbacks and no work hidden in a move. [`check_table`] proves a table
//! deterministic, reachable and final where promised; [`render`] draws it for `docs/status/`.

use std::fmt::{Debug, Write as _};

/// A status with its table of moves.
///
/// ```
/// use sutler_core::order::{OrderMove, OrderStatus};
/// use sutler_core::status::Status;
///
/// assert_eq!(OrderStatus::START.after(OrderMove::Place), Ok(OrderStatus::Placed));
/// assert_eq!(OrderStatus::START.after(OrderMove::Cancel), Ok(OrderStatus::Canceled));
/// let refused = OrderStatus::Canceled.after(OrderMove::Place);
/// assert!(refused.is_err(), "nothing leaves a final status");
/// assert_eq!(OrderStatus::FINAL, [OrderStatus::Canceled]);
/// ```
pub trait Status: Copy + Eq + Debug + 'static {
    /// What changes the status.
    type Move: Copy + Eq + Debug + 'static;
    /// Name of the record in documentation: `order`.
    const NOUN: &'static str;
    /// Every status.
    const ALL: &'static [Self];
    /// The statuses that a new record may have.
    const START: Self;
    /// The statuses that nothing leaves.
    const FINAL: &'static [Self];
    /// Every legal move: from, move, to.
    const MOVES: &'static [(Self, Self::Move, Self)];

    /// Returns the status after `step`; what the table does not list is refused.
    fn after(self, step: Self::Move) -> Result<Self, IllegalMove> {
        Self::MOVES
            .iter()
            .find(|(from, on, _)| (*from, *on) == (self, step))
            .map(|(_, _, to)| *to)
            .ok_or_else(|| IllegalMove { noun: Self::NOUN, from: word(self), step: word(step) })
    }
}

fn a_or_an(noun: &str) -> String {
    let a = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{a} {noun}")
}

/// A move that the status table does not list.
///
/// ```
/// use sutler_core::cart::{CartMove, CartStatus};
/// use sutler_core::status::{IllegalMove, Status};
///
/// let refused: Option<IllegalMove> = CartStatus::Ordered.after(CartMove::Merge).err();
/// assert_eq!(
///     refused.map(|why| why.to_string()),
///     Some("a cart that is ordered cannot `merge`".to_owned()),
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} that is {from} cannot `{step}`", a_or_an(noun))]
pub struct IllegalMove {
    /// The record.
    pub noun: &'static str,
    /// The status it has.
    pub from: String,
    /// The move that was tried.
    pub step: String,
}

/// Returns the snake_case word of a variant: `PartlyPaid` is `partly_paid`.
///
/// ```
/// use sutler_core::order::MoneyProgress;
/// use sutler_core::status::word;
///
/// assert_eq!(word(MoneyProgress::PartlyPaid), "partly_paid");
/// ```
pub fn word(value: impl Debug) -> String {
    let mut out = String::new();
    for (i, c) in format!("{value:?}").chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Checks that a table is deterministic, that every status is reachable and that exactly the final ones have no way out.
///
/// Errors: one sentence about the first row or status that is off.
///
/// ```
/// use sutler_core::payment::PaymentStatus;
/// use sutler_core::status::check_table;
///
/// assert_eq!(check_table::<PaymentStatus>(), Ok(()));
/// ```
pub fn check_table<S: Status>() -> Result<(), String> {
    for (i, a) in S::MOVES.iter().enumerate() {
        if S::MOVES.iter().skip(i + 1).any(|b| (a.0, a.1) == (b.0, b.1)) {
            return Err(format!("{}: two rows for {:?} + {:?}", S::NOUN, a.0, a.1));
        }
    }
    let mut reached = vec![S::START];
    let mut next = 0;
    while let Some(&from) = reached.get(next) {
        next += 1;
        for (_, _, to) in S::MOVES.iter().filter(|row| row.0 == from) {
            if !reached.contains(to) {
                reached.push(*to);
            }
        }
    }
    for status in S::ALL {
        if !reached.contains(status) {
            return Err(format!("{}: {status:?} cannot be reached", S::NOUN));
        }
        let stuck = S::MOVES.iter().all(|row| row.0 != *status);
        if stuck != S::FINAL.contains(status) {
            return Err(format!("{}: {status:?} is final in one place only", S::NOUN));
        }
    }
    Ok(())
}

/// Renders a table as a Markdown page with a Mermaid diagram.
///
/// ```
/// use sutler_core::cart::CartStatus;
/// use sutler_core::status::render;
///
/// let page = render::<CartStatus>();
/// assert!(page.starts_with("# Status of a cart\n"));
/// assert!(page.contains("| open | merge | merged |"));
/// assert!(render::<sutler_core::order::OrderStatus>().starts_with("# Status of an order\n"));
/// ```
pub fn render<S: Status>() -> String {
    let mut page = format!(
        "# Status of {}\n\nGenerated from the table in `sutler-core`; do not edit.\n\n",
        a_or_an(S::NOUN)
    );
    page.push_str("```mermaid\nstateDiagram-v2\n");
    // Writing to a String cannot fail, so the results are of no interest.
    let _ = writeln!(page, "    [*] --> {}", word(S::START));
    for (from, step, to) in S::MOVES {
        let _ = writeln!(page, "    {} --> {}: {}", word(from), word(to), word(step));
    }
    for status in S::FINAL {
        let _ = writeln!(page, "    {} --> [*]", word(status));
    }
    page.push_str("```\n\n| from | move | to |\n|---|---|---|\n");
    for (from, step, to) in S::MOVES {
        let _ = writeln!(page, "| {} | {} | {} |", word(from), word(step), word(to));
    }
    page
}

/// Returns every page of `docs/status/`: file name and text.
///
/// ```
/// use sutler_core::status::pages;
///
/// let names: Vec<String> = pages().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["cart.md", "checkout.md", "fulfillment.md", "order.md", "payment.md"]);
/// ```
pub fn pages() -> Vec<(String, String)> {
    fn page<S: Status>() -> (String, String) {
        (format!("{}.md", S::NOUN.replace(' ', "-")), render::<S>())
    }
    vec![
        page::<crate::cart::CartStatus>(),
        page::<crate::checkout::CheckoutStatus>(),
        page::<crate::fulfillment::FulfillmentStatus>(),
        page::<crate::order::OrderStatus>(),
        page::<crate::payment::PaymentStatus>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_deterministic_reachable_and_final_where_promised() {
        check_table::<crate::cart::CartStatus>().expect("cart");
        check_table::<crate::checkout::CheckoutStatus>().expect("checkout");
        check_table::<crate::fulfillment::FulfillmentStatus>().expect("fulfillment");
        check_table::<crate::order::OrderStatus>().expect("order");
        check_table::<crate::payment::PaymentStatus>().expect("payment");
    }

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Broken {
        A,
        B,
    }

    impl Status for Broken {
        type Move = u8;
        const NOUN: &'static str = "broken";
        const ALL: &'static [Self] = &[Broken::A, Broken::B];
        const START: Self = Broken::A;
        const FINAL: &'static [Self] = &[Broken::A];
        const MOVES: &'static [(Self, u8, Self)] = &[];
    }

    #[test]
    fn the_check_finds_a_status_that_nothing_reaches() {
        assert_eq!(check_table::<Broken>(), Err("broken: B cannot be reached".to_owned()));
    }
}
