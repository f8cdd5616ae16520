//! `sutler schema`: the JSON Schema of what a command answers with `--json`.

use serde_json::Value;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::nearest::suggestion;
use crate::view::{self, document, either, line, read_document};

/// A command and the schema of its answer.
type Entry = (&'static str, fn(&str) -> Value);

/// The answer of any command that fails, which is asked for as if it were one.
const ERROR: &str = "error";

/// Every command that answers with JSON. Where `--dry-run` or a code answers otherwise, both answers; of one that prints lines
/// as it goes, a line.
pub(crate) const ANSWERS: &[Entry] = &[
    ("backup", document::<view::BackupView>),
    ("cart add", document::<view::CartView>),
    ("cart coupon", document::<view::CartView>),
    ("cart merge", document::<view::MergedView>),
    ("cart new", document::<view::CartView>),
    ("cart quote", document::<view::CartView>),
    ("cart set", document::<view::CartView>),
    ("cart show", document::<view::CartView>),
    ("category tree", read_document::<view::CategoryTreeView>),
    ("channel add", document::<view::ChannelList>),
    ("channel list", document::<view::ChannelList>),
    ("channel set", document::<view::ChannelList>),
    ("checkout", either::<view::PlacedView, view::CheckoutPlanView>),
    ("collection add", document::<view::CollectionRow>),
    ("collection list", document::<view::CollectionList>),
    ("collection remove", document::<view::CollectionRow>),
    ("collection set", document::<view::CollectionRow>),
    ("collection show", document::<view::CollectionRow>),
    ("config show", document::<view::SettingList>),
    ("copy", document::<view::CopyList>),
    ("customer add", document::<view::CustomerRow>),
    ("customer list", read_document::<view::CustomerList>),
    ("customer set", document::<view::CustomerRow>),
    ("customer show", document::<view::CustomerRow>),
    ("delivery add", document::<view::DeliveryMethodShown>),
    ("delivery list", document::<view::DeliveryMethodList>),
    ("delivery remove", document::<view::DeliveryMethodShown>),
    ("delivery show", document::<view::DeliveryMethodShown>),
    ("demo", document::<super::demo::DemoView>),
    ("doctor", document::<view::DoctorView>),
    (ERROR, document::<view::ErrorView>),
    ("events consume", line::<view::EventRow>),
    ("events tail", read_document::<view::EventList>),
    ("exit-codes", document::<view::ExitCodeList>),
    ("explain", either::<view::ExplainView, view::CodeView>),
    ("export", read_document::<view::ExportView>),
    ("fee add", document::<view::FeeList>),
    ("fee list", document::<view::FeeList>),
    ("fee remove", document::<view::FeeList>),
    ("fulfill deliver", document::<view::OrderShown>),
    ("fulfill pack", document::<view::OrderShown>),
    ("fulfill pick", document::<view::OrderShown>),
    ("fulfill plan", document::<view::PlanView>),
    ("fulfill ship", either::<view::OrderShown, view::PlanView>),
    ("gift-card correct", document::<view::GiftCardShown>),
    ("gift-card disable", document::<view::GiftCardShown>),
    ("gift-card enable", document::<view::GiftCardShown>),
    ("gift-card issue", document::<view::GiftCardShown>),
    ("gift-card list", read_document::<view::GiftCardList>),
    ("gift-card show", document::<view::GiftCardShown>),
    ("import", document::<view::ImportView>),
    ("index rebuild", read_document::<view::IndexView>),
    ("index sync", read_document::<view::IndexView>),
    ("init", document::<view::SetupView>),
    ("location add", document::<view::LocationList>),
    ("location list", document::<view::LocationList>),
    ("order cancel", document::<view::OrderShown>),
    ("order list", read_document::<view::OrderList>),
    ("order show", document::<view::OrderShown>),
    ("payment capture", document::<view::OrderShown>),
    ("payment mark-paid", document::<view::OrderShown>),
    ("price export", read_document::<view::PriceExportView>),
    ("price history", read_document::<view::PriceHistoryList>),
    ("price import", document::<view::ImportView>),
    ("price show", document::<view::PriceShown>),
    ("product list", read_document::<view::ProductList>),
    ("product show", document::<view::ProductShown>),
    ("promotion add", document::<view::PromotionAdded>),
    ("promotion codes", document::<view::CouponCodeList>),
    ("promotion disable", document::<view::PromotionShown>),
    ("promotion enable", document::<view::PromotionShown>),
    ("promotion list", read_document::<view::PromotionList>),
    ("promotion show", document::<view::PromotionShown>),
    ("promotion test", document::<view::PromotionTested>),
    ("recover", document::<view::RecoveryView>),
    ("refund", either::<view::RefundedView, view::RefundPlanView>),
    ("restore", document::<view::BackupView>),
    ("search", read_document::<view::SearchView>),
    ("shop create", document::<view::SetupView>),
    ("shop drop", document::<view::DroppedView>),
    ("shop list", document::<view::ShopList>),
    ("simulate promotion", read_document::<view::SimulationView>),
    ("stock correct", document::<view::StockShown>),
    ("stock history", read_document::<view::MovementList>),
    ("stock limits", document::<view::StockShown>),
    ("stock receive", document::<view::StockShown>),
    ("stock show", document::<view::StockShown>),
    ("stock transfer", document::<view::StockShown>),
    ("store-credit correct", document::<view::StoreCreditShown>),
    ("store-credit grant", document::<view::StoreCreditShown>),
    ("store-credit list", read_document::<view::StoreCreditList>),
    ("store-credit show", document::<view::StoreCreditShown>),
    ("tax home", document::<view::HomeView>),
    ("tax import", document::<view::TaxImportView>),
    ("tax list", document::<view::TaxRateList>),
    ("tax remove", document::<view::TaxRateList>),
    ("verify", read_document::<view::VerifyView>),
];

/// Print the JSON Schema of what a command answers with --json
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler schema order show
  sutler schema search
  sutler schema error
  sutler schema")]
pub(crate) struct SchemaArgs {
    /// The command, such as `order show`, or `error` for the answer of one that fails; without one all are listed
    command: Vec<String>,
}

impl SchemaArgs {
    pub(crate) fn run(&self, _: &Context<'_>) -> Result<Answer, CommandError> {
        if self.command.is_empty() {
            let names: String = ANSWERS.iter().map(|(name, _)| format!("{name}\n")).collect();
            return Ok(Answer::raw(names));
        }
        let wanted = self.command.join(" ");
        let Some((name, schema)) = ANSWERS.iter().find(|(name, _)| *name == wanted) else {
            let hint = suggestion(&wanted, ANSWERS.iter().map(|(name, _)| *name));
            return Err(CommandError::Usage {
                code: "schema.unknown",
                message: format!("`{wanted}` is no command that answers with JSON{hint}"),
                help: Some("`sutler schema` lists them".to_owned()),
            });
        };
        // A schema holds texts and numbers only, which always can be written.
        let text = serde_json::to_string_pretty(&schema(&format!("sutler {name} --json")))
            .unwrap_or_default();
        Ok(Answer::raw(format!("{text}\n")))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    /// Commands whose answer is a text of its own.
    const WITHOUT: [&str; 3] = ["completions", "man", "schema"];

    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        let below: Vec<_> =
            command.get_subcommands().filter(|command| command.get_name() != "help").collect();
        if below.is_empty() {
            found.push(path.to_owned());
        }
        for command in below {
            let name = command.get_name();
            leaves(
                command,
                &if path.is_empty() { name.to_owned() } else { format!("{path} {name}") },
                found,
            );
        }
    }

    #[test]
    fn every_command_that_answers_has_a_schema() {
        let mut commands = Vec::new();
        leaves(&Cli::command(), "", &mut commands);
        commands.retain(|name| !WITHOUT.contains(&name.as_str()));
        commands.sort();
        let known = ANSWERS.iter().map(|(name, _)| (*name).to_owned());
        let known: Vec<String> = known.filter(|name| name != ERROR).collect();
        assert_eq!(commands, known);
    }
}
