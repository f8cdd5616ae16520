//! `sutler search`: finding products by words, filters and facets.

use sutler_engine::FlowError;
use sutler_engine::search::{Filter, PageToken, SearchError, SearchRequest, Sort};

use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::plural::counted;
use crate::view::SearchView;

/// Find products by words, as people type them: plurals, accents and an unfinished last word are fine
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler search kettle
  sutler search \"enamel kettle\" --filter 'price<50' --facet brand
  sutler search --filter in_stock=true --sort price --limit 5
  sutler search skillet --filter 'brand=Fennmark Ironworks' --json

Filters: brand=, category=A/B, tag=, option.Size=, attribute.material=, in_stock=true, price<50, price>=10.
Several filters on one field are alternatives; filters on different fields must all hold.")]
pub(crate) struct SearchArgs {
    /// What to look for; without words everything is found
    words: Vec<String>,
    /// Take only products that fulfill this; may be given several times
    #[arg(long, value_name = "FILTER")]
    filter: Vec<String>,
    /// Count the values of this field; may be given several times
    #[arg(long, value_name = "FIELD")]
    facet: Vec<String>,
    /// Order: relevance, price, price-descending, title or newest
    #[arg(long, value_name = "ORDER", default_value = "relevance")]
    sort: String,
    /// How many products at most, up to 200
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Begin after this place: `next` of the page before
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
}

impl SearchArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
        let currency = shop.setup()?.shop.currency;
        let mut request = SearchRequest::new(self.words.join(" "));
        for filter in &self.filter {
            request.filters.push(Filter::parse(filter, currency.exponent()).map_err(wrong)?);
        }
        request.facets.clone_from(&self.facet);
        request.sort = self.sort.parse::<Sort>().map_err(wrong)?;
        request.after =
            self.after.as_deref().map(str::parse::<PageToken>).transpose().map_err(wrong)?;
        request.limit = self.limit;
        let found = shop.search(&request).map_err(|error| match error {
            FlowError::Search(
                error @ (SearchError::BadFilter { .. } | SearchError::BadRequest { .. }),
            ) => wrong(error),
            error => error.into(),
        })?;
        let view = SearchView::new(&found, currency);
        let shown = view.hits.len();
        let mut summary = counted(view.total, "product", "products");
        if u64::try_from(shown).is_ok_and(|shown| shown < view.total) {
            summary.push_str(&format!(", {shown} shown"));
        }
        if view.relaxed {
            summary.push_str("; none has all the words, so any of them counts");
        }
        let unmatched: Vec<String> = view
            .unmatched
            .iter()
            .map(|filter| {
                let near = filter
                    .did_you_mean
                    .as_ref()
                    .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                format!("no product has {}={}{near}", filter.field, filter.value)
            })
            .collect();
        let first = view.hits.first().map(|hit| hit.handle.clone());
        let next = view.next.clone();
        let mut answer = Answer::many(view).summary(summary);
        if shop.search_is_spare() {
            answer = answer.warning(
                "the search index beside the shop cannot be written, so this search did without it; \
                 `sutler doctor` says what to do",
            );
        }
        for sentence in unmatched {
            answer = answer.warning(sentence);
        }
        if let Some(handle) = first {
            answer = answer.next(context.hint(format!("product show {}", quoted(&handle))));
        }
        if let Some(next) = next {
            answer = answer.next(format!("{} --after {next}", context.hint(self.line())));
        }
        Ok(answer)
    }

    /// Returns the command line of this search without its place.
    fn line(&self) -> String {
        let mut line = vec!["search".to_owned()];
        line.extend(self.words.iter().map(|word| quoted(word)));
        line.extend(self.filter.iter().map(|filter| format!("--filter {}", quoted(filter))));
        if self.sort != "relevance" {
            line.push(format!("--sort {}", quoted(&self.sort)));
        }
        line.push(format!("--limit {}", self.limit));
        line.join(" ")
    }
}

/// A part of the command line cannot be read by the search.
fn wrong(error: SearchError) -> CommandError {
    CommandError::Usage { code: error.code(), message: error.to_string(), help: None }
}
