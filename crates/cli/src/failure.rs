//! Codes of what goes wrong without the shop having refused anything: the command line, files, the store, the index.
//!
//! One row for each code: how the program ends and what it means. Refusals have theirs in [`sutler_core::code`], rows of an
//! imported file in `sutler_engine::flow::import`. Codes are a contract like exit codes: rows are added, never changed.

use crate::exit::Exit;

/// One code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    /// The code itself: `store.locked`.
    pub(crate) code: &'static str,
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What it means, and how to mend it.
    pub(crate) text: &'static str,
}

/// Returns what a code means. Letter case does not count.
pub(crate) fn find(code: &str) -> Option<&'static Failure> {
    ALL.iter().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

const fn row(code: &'static str, exit: Exit, text: &'static str) -> Failure {
    Failure { code, exit, text }
}

/// Every code, in alphabetical order.
#[rustfmt::skip]
pub(crate) const ALL: &[Failure] = &[
    row("config.bad_value", Exit::Usage, "A setting cannot have this value. The message names the setting, where it came from and what it can be; `sutler config show --origin` shows all of them."),
    row("config.unknown_setting", Exit::Usage, "A settings file has a key that is no setting. Unknown keys are refused, so that a slip of the pen is not ignored."),
    row("config.unreadable", Exit::Usage, "A settings file is there but cannot be read, or is not TOML. The message names the file and the line."),
    row("confirmation.missing", Exit::Usage, "The command would replace something or make dangerous changes, and nobody is on a terminal to be asked. Repeat it with --yes when that is meant."),
    row("confirmation.refused", Exit::Usage, "The question was not answered with yes, so nothing was changed."),
    row("country.missing", Exit::Usage, "The currency is used in several countries or in none that is known, so the country of the shop must be said with --country."),
    row("demo.bad_step", Exit::Usage, "A step of the demonstration did not do what it should. That is a fault of the program: please report it with what was printed."),
    row("demo.folder_in_use", Exit::Usage, "The folder for the demonstration holds files already. Name an empty or a new one."),
    row("explain.unknown", Exit::Usage, "What was to be explained is no order number, no id of an order or cart, and no code."),
    row("file.io", Exit::Failure, "The system refused to read or write a file. The cause below the message is in its words: check the path, the rights and the room on the disk."),
    row("file.missing", Exit::NotFound, "A file that was named to be read is not there. Check the path; nothing was changed."),
    row("file.not_regular", Exit::Usage, "A folder, a device or a pipe stands where a file was to be written, and is not replaced by one. Name another file."),
    row("file.of_the_shop", Exit::Usage, "The file that was to be written is the shop itself, or its journal, lock or index. Name another one."),
    row("file.refused", Exit::Invalid, "A file of rows was refused as a whole and nothing was written. The codes of its diagnostics say why."),
    row("input.terminal", Exit::Usage, "`-` reads from standard input, where nothing is piped in. Name a file, or pipe one in."),
    row("interrupted", Exit::Interrupted, "Ctrl-C ended the command between two steps. What was done by then is kept, and the message says how to go on."),
    row("payment.open", Exit::Unavailable, "The payment provider did not answer, or its answer could not be written, so the order is still pending and money may be held. Mend what the message names, then run the same command again with the same key, or `sutler recover`: neither charges twice."),
    row("schema.unknown", Exit::Usage, "No command of this name answers with JSON. `sutler schema` lists those that do."),
    row("search.bad_filter", Exit::Usage, "A filter cannot be read. Filters are written `brand=Acme`, `price<50` or `in_stock=true`; the message says which part is wrong."),
    row("search.bad_request", Exit::Usage, "The order, a facet, the limit or the place of a search cannot be. The message says what can."),
    row("search.failed", Exit::Failure, "The search index could not work. It holds nothing of its own: `sutler index rebuild` builds it anew from the catalog."),
    row("store.away", Exit::Unavailable, "No Postgres server answers, or it takes no more connections. Check host and port in the URL and that the server runs, then try again."),
    row("store.changed", Exit::Migration, "The shop was made by another build of Sutler, whose schema differs under the same number. Use the build that made it, or restore a backup."),
    row("store.clock", Exit::Failure, "The clock of this machine is more than a minute apart from that of the Postgres server. Set it, best by a time server: prices and reservations begin and end by the clocks of all machines."),
    row("store.contended", Exit::Conflict, "Others kept changing the same record at the same time. Nothing was written: try again."),
    row("store.damaged", Exit::Failure, "The file does not hold what was written into it. Stop all writers, keep a copy of the file, look with `sutler doctor`, and restore the newest backup."),
    row("store.denied", Exit::Failure, "The Postgres server does not know the user, the password or the database. Check them in the URL."),
    row("store.exists", Exit::Conflict, "A file, or a shop on the server, stands where one was to be made. Name another one, or replace it with --yes."),
    row("store.failed", Exit::Failure, "The database or the system failed in a way that has no code of its own. The cause below the message says how; when trying again may help, the exit code is 7."),
    row("store.foreign", Exit::Failure, "The file, or the schema on the server, belongs to another program. It was not changed: check the path, or name another shop."),
    row("store.full", Exit::Failure, "There is no room left on the disk; even reading a shop needs a little. What did not fit was not written, and what was acknowledged before stays: free some room, then repeat the command."),
    row("store.index", Exit::Failure, "The search index of the shop that stood here cannot be removed. Check the rights on its folder, then try again."),
    row("store.locked", Exit::Unavailable, "Another program has been writing for longer than this one waits. Try again; `sutler doctor` shows whether somebody holds the lock of a file, and pg_stat_activity who holds one on a server."),
    row("store.missing", Exit::NotFound, "There is no file at the path, or no such shop on the server. Check --store and SUTLER_STORE, or make a shop there with `sutler init`."),
    row("store.newer", Exit::Migration, "A newer Sutler made the shop, and an older one could spoil it. Install the newer one."),
    row("store.not_a_database", Exit::Failure, "The file is no SQLite database, so it is no shop. It was not changed: check the path."),
    row("store.older", Exit::Migration, "The shop has an older schema than this program needs, and is only to be read, so that it cannot be brought up to date. Open the shop itself once, such as with `sutler doctor --fix`, and let the replica follow."),
    row("store.program_missing", Exit::Failure, "Backups of a shop on Postgres are made and put back by `pg_dump` and `pg_restore`, which are not installed here. Install the client programs of PostgreSQL, of the server's version or newer."),
    row("store.read_only", Exit::Failure, "The file or its folder may not be written to, so the shop can be looked at but not changed. Give the program the right to write there."),
    row("store.setting", Exit::Failure, "A setting that keeps orders through a power cut, or two sales of one unit apart, is not as it must be. Put a file on a local disk; connect to a Postgres server itself and not to a pooler. The message names the setting."),
    row("store.tls", Exit::Failure, "The connection to the Postgres server cannot be encrypted, or its certificate is not to be trusted. Give it one for its host name, or name its authority with `sslrootcert=FILE` in the URL."),
    row("store.unfinished", Exit::Conflict, "A copy of a shop into this store is not at its end, so most of the shop is missing. Run the same `sutler copy` again, which goes on where it stopped; a copy that is not to go on is taken away by `sutler shop drop`."),
    row("store.unreachable", Exit::Failure, "The file or its folder cannot be reached. Check that the folder exists and that you may read and write there."),
    row("store.url", Exit::Usage, "A store is written sqlite:PATH, or postgres://USER@HOST/DATABASE?shop=NAME where the build has Postgres; `memory:` is a shop that ends with the program."),
    row("tax.unavailable", Exit::Unavailable, "The tax engine that the shop asks did not answer, or not in time. Nothing was written: try again, or take the engine out of the program."),
    row("usage", Exit::Usage, "The command line cannot be read. `--help` behind the command shows how it is written."),
];

#[cfg(test)]
mod tests {
    use sutler_engine::FlowError;

    use super::*;
    use crate::error::exit_of_flow;

    #[test]
    fn what_ends_a_flow_has_a_text_and_ends_as_it_says() {
        let text = || "anything".to_owned();
        let endings = [
            FlowError::File(Vec::new()),
            FlowError::Io { what: "cannot read", path: text(), source: std::io::Error::other("x") },
            FlowError::PaymentOpen { reason: text() },
            FlowError::TaxProvider { provider: text(), reason: text() },
            FlowError::Contended { what: text() },
        ];
        for error in endings {
            let entry = find(error.code()).unwrap_or_else(|| panic!("no text: {}", error.code()));
            assert_eq!(entry.exit, exit_of_flow(&error), "{}", error.code());
        }
    }

    #[test]
    fn codes_stand_in_order_with_a_sentence_each_and_none_is_a_refusal() {
        for pair in ALL.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
        }
        for entry in ALL {
            assert!(entry.text.ends_with('.') && entry.text.len() > 40, "{}", entry.code);
            assert_eq!(sutler_core::code::find(entry.code), None, "{}", entry.code);
        }
    }
}
