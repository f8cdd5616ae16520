//! What is told of a shop among others.

/// One of the shops of a place: a schema of a database, or a file of a folder.
///
/// What cannot be read, because another user owns it or another program made it, is `None`.
///
/// ```
/// use sutler_core::port::ShopSummary;
///
/// let shop = ShopSummary { name: "corner".to_owned(), schema: 7, bytes: 8_192, ..ShopSummary::default() };
/// assert!(shop.orders.is_none(), "nobody may look into it");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShopSummary {
    /// The word that chooses it: the name of the schema, or of the file.
    pub name: String,
    /// What it is called, once it was set up.
    pub title: Option<String>,
    /// The number of the last step of its schema; 0 where nobody may look.
    pub schema: u32,
    /// Orders, in any status.
    pub orders: Option<u64>,
    /// The newest event.
    pub head: Option<u64>,
    /// How much room it takes.
    pub bytes: u64,
}
