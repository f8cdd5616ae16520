//! Diagnostics, grouped by code and column, in bounded memory.

use sutler_core::import::{Diagnostic, Severity};

/// How many diagnostics of a group are kept unless told otherwise.
const EXAMPLES_MAX: usize = 5;
/// How many groups are kept; a broken header could make thousands.
const GROUPS_MAX: usize = 1000;

/// Diagnostics of one code about one column.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, Report, open};
///
/// let file = "Handle,Title,Variant Price\nhat,Hat,cheap\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// let mut report = Report::default();
/// for entry in opened.products() {
///     report.add_all(entry?.errors());
/// }
/// let group = &report.groups()[0];
/// assert_eq!((group.count, group.column.as_deref()), (1, Some("Variant Price")));
/// assert!(group.message().contains("'cheap' is not a number"));
/// assert!(group.help().is_some());
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Stable code.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The header of the column, where one is to blame.
    pub column: Option<String>,
    /// How many diagnostics there were.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Diagnostic>,
}

impl Group {
    /// Says all of it in one sentence: `774 rows: Variant Price '16056,13' uses a decimal comma`.
    pub fn message(&self) -> String {
        let Some(first) = self.examples.first() else { return String::new() };
        match (self.count, first.place.record) {
            (1, _) => first.message.clone(),
            (count, 0) => format!("{count} times: {}", first.message),
            (count, _) => format!("{count} rows: {}", first.message),
        }
    }

    /// Says how to mend it.
    pub fn help(&self) -> Option<&str> {
        self.examples.first()?.help.as_deref()
    }
}

/// Collects the diagnostics of one file.
///
/// Memory is bounded: each group keeps its first few diagnostics and counts the rest.
///
/// ```
/// use sutler_core::import::{Diagnostic, Place, Severity};
/// use sutler_exchange::Report;
///
/// let mut report = Report::with_examples(3);
/// for line in 2..776 {
///     report.add(Diagnostic {
///         code: "E104".into(),
///         severity: Severity::Reject,
///         place: Place { line, record: line - 1, column: Some((18, "Variant Price".into())) },
///         message: "Variant Price '16056,13' uses a decimal comma".into(),
///         value: Some("16056,13".into()),
///         help: Some("rerun with `--decimal ,`".into()),
///     });
/// }
/// let group = &report.groups()[0];
/// assert_eq!(group.message(), "774 rows: Variant Price '16056,13' uses a decimal comma");
/// assert_eq!(group.examples.len(), 3);
/// assert_eq!(report.groups_of(Severity::Reject), [group]);
/// assert_eq!((report.count(Severity::Reject), report.count_of("E104")), (774, 774));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    groups: Vec<Group>,
    examples_max: usize,
    remarks: u64,
    rejects: u64,
    fatals: u64,
}

impl Default for Report {
    fn default() -> Report {
        Report::with_examples(EXAMPLES_MAX)
    }
}

impl Report {
    /// Keeps this many diagnostics of each group.
    pub fn with_examples(examples_max: usize) -> Report {
        Report { groups: Vec::new(), examples_max, remarks: 0, rejects: 0, fatals: 0 }
    }

    /// Adds a diagnostic.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        match diagnostic.severity {
            Severity::Remark => self.remarks += 1,
            Severity::Reject => self.rejects += 1,
            Severity::Fatal => self.fatals += 1,
        }
        let column = diagnostic.place.column.as_ref().map(|(_, name)| name);
        let same =
            |group: &&mut Group| group.code == diagnostic.code && group.column.as_ref() == column;
        if let Some(group) = self.groups.iter_mut().find(same) {
            group.count += 1;
            if group.examples.len() < self.examples_max {
                group.examples.push(diagnostic);
            }
        } else if self.groups.len() < GROUPS_MAX {
            self.groups.push(Group {
                code: diagnostic.code.clone(),
                severity: diagnostic.severity,
                column: column.cloned(),
                count: 1,
                examples: vec![diagnostic],
            });
        }
    }

    /// Adds all remarks and errors of an entry.
    pub fn add_all<'d>(&mut self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
        for diagnostic in diagnostics {
            self.add(diagnostic.clone());
        }
    }

    /// Returns the groups, in order of first appearance.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Returns the groups of one severity, the largest first.
    pub fn groups_of(&self, severity: Severity) -> Vec<&Group> {
        let mut groups: Vec<&Group> =
            self.groups.iter().filter(|group| group.severity == severity).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    /// Counts diagnostics of one severity; a row with two errors counts twice.
    pub fn count(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Remark => self.remarks,
            Severity::Reject => self.rejects,
            Severity::Fatal => self.fatals,
        }
    }

    /// Counts diagnostics of one code.
    pub fn count_of(&self, code: &str) -> u64 {
        self.groups.iter().filter(|group| group.code == code).map(|group| group.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sutler_core::import::Place;

    fn diagnostic(code: &str, severity: Severity, line: u64, column: &str) -> Diagnostic {
        let column = (!column.is_empty()).then(|| (1, column.to_owned()));
        Diagnostic {
            code: code.to_owned(),
            severity,
            place: Place { line, record: line, column },
            message: format!("line {line}"),
            value: None,
            help: None,
        }
    }

    #[test]
    fn equal_diagnostics_become_one_group_with_few_examples() {
        let mut report = Report::with_examples(2);
        for line in 1..=1000 {
            report.add(diagnostic("E102", Severity::Reject, line, "Price"));
        }
        report.add(diagnostic("E102", Severity::Reject, 7, "Cost"));
        report.add(diagnostic("E203", Severity::Remark, 8, ""));
        assert_eq!(report.groups().len(), 3);
        assert_eq!(report.groups()[0].message(), "1000 rows: line 1");
        assert_eq!(report.groups()[0].examples.len(), 2);
        assert_eq!(report.groups()[1].message(), "line 7");
        assert_eq!(report.count(Severity::Reject), 1001);
        assert_eq!(report.count_of("E102"), 1001);
        assert_eq!(report.groups_of(Severity::Reject)[0].count, 1000);
    }

    #[test]
    fn the_number_of_groups_is_bounded() {
        let mut report = Report::default();
        for line in 0..5000 {
            report.add(diagnostic("E110", Severity::Reject, line, &format!("column {line}")));
        }
        assert_eq!(report.groups().len(), GROUPS_MAX);
        assert_eq!(report.count(Severity::Reject), 5000);
    }
}
