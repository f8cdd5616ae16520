//! What the program tells the shell: a contract, written down once.

/// How a command ended. The numbers never change their meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Something broke, or `verify` or `doctor` found something.
    Failure,
    /// The command line or a settings file is wrong.
    Usage,
    /// What was named is not there.
    NotFound,
    /// The world moved on, or there is not enough stock.
    Conflict,
    /// The input is invalid; nothing was written.
    Invalid,
    /// Done, but some rows were refused.
    Rejects,
    /// The store is locked or cannot be reached: try again.
    Unavailable,
    /// The store was written by another version and must be migrated.
    Migration,
    /// Ctrl-C.
    Interrupted,
}

/// Every way to end, with its meaning for people.
pub(crate) const TABLE: &[(Exit, &str)] = &[
    (Exit::Done, "ok"),
    (Exit::Failure, "failure, or `verify` or `doctor` found something"),
    (Exit::Usage, "the command line or a settings file is wrong"),
    (Exit::NotFound, "what was named is not there"),
    (Exit::Conflict, "conflict, or not enough stock"),
    (Exit::Invalid, "the input is invalid; nothing was written"),
    (Exit::Rejects, "finished, but some rows were refused (`--strict` makes this a 5)"),
    (Exit::Unavailable, "the store is locked or unavailable; try again"),
    (Exit::Migration, "the store must be migrated first"),
    (Exit::Interrupted, "interrupted"),
];

impl Exit {
    /// Returns the number that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::NotFound => 3,
            Exit::Conflict => 4,
            Exit::Invalid => 5,
            Exit::Rejects => 6,
            Exit::Unavailable => 7,
            Exit::Migration => 8,
            Exit::Interrupted => 130,
        }
    }
}

/// Returns what a number means, for people.
pub(crate) fn meaning(code: u32) -> Option<&'static str> {
    TABLE.iter().find(|(exit, _)| u32::from(exit.code()) == code).map(|(_, meaning)| *meaning)
}

/// Returns the table as text for people.
pub(crate) fn page() -> String {
    TABLE.iter().map(|(exit, meaning)| format!("{:>5}  {meaning}\n", exit.code())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_contract() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]);
        assert!(page().starts_with("    0  ok\n"));
    }
}
