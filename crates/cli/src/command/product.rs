//! `sutler product`: what the shop sells.

use sutler_core::id::{ProductId, VariantId};

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::view::{Offer, ProductList, ProductRow, ProductShown};

/// What the shop sells
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ProductCommand {
    List(ListArgs),
    Show(ShowArgs),
}

/// List products, oldest first, with their lowest price and what is available
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler product list
  sutler product list --limit 10 --format csv
  sutler product list --format ndjson > products.ndjson")]
pub(crate) struct ListArgs {
    /// Begin after this product: `next` of the page before
    #[arg(long, value_name = "ID")]
    after: Option<ProductId>,
    /// How many products at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000), value_name = "N")]
    limit: u16,
}

/// Show a product with its variants, prices and stock
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler product show field-skillet
  sutler product show FEN-SKIL-26 --json")]
pub(crate) struct ShowArgs {
    /// Id, handle, SKU or barcode
    product: String,
}

impl ProductCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            ProductCommand::List(args) => args.run(context),
            ProductCommand::Show(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
        let limit = usize::from(self.limit);
        let products = shop.product_list(self.after, limit)?;
        let variants: Vec<VariantId> = products
            .iter()
            .flat_map(|product| &product.variants)
            .map(|variant| variant.id)
            .collect();
        let levels = shop.store().stock_levels(&variants, shop.now())?;
        let offer = Offer {
            prices: shop.prices_charged(&variants, context.settings.channel())?,
            levels: levels.into_iter().map(|(key, level)| (key.variant, level)).collect(),
        };
        let next = products.last().filter(|_| products.len() == limit).map(|product| product.id);
        let rows = products.iter().map(|product| ProductRow::new(product, &offer)).collect();
        let mut answer = Answer::many(ProductList { products: rows, next });
        if let Some(next) = next {
            answer =
                answer.next(context.hint(format!("product list --limit {limit} --after {next}")));
        }
        Ok(answer)
    }
}

impl ShowArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let product = shop.find_product(&self.product)?;
        let view = shop.product_view(&product)?;
        let variants: Vec<VariantId> = product.variants.iter().map(|variant| variant.id).collect();
        let channel = context.settings.channel();
        let prices = shop.prices_charged(&variants, channel)?;
        let reductions = shop.price_reductions(&variants, channel)?;
        Ok(Answer::one(ProductShown::new(&view, prices, &reductions)))
    }
}
