//! Numbers with their noun.

/// Returns `1 row`, `2 rows`; `several` is the noun for all but one.
pub(crate) fn counted(count: impl TryInto<u64>, one: &str, several: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {}", if count == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!(counted(1_u64, "row", "rows"), "1 row");
        assert_eq!(counted(0_usize, "row", "rows"), "0 rows");
        assert_eq!(counted(2_u32, "category", "categories"), "2 categories");
    }
}
