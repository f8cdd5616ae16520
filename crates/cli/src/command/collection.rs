//! `sutler collection`: flat sets of products, chosen or made by a rule.

use sutler::UuidSource;
use sutler_core::catalog::{AttributeValue, Collection, Handle};
use sutler_core::id::{CategoryId, CollectionId, ProductId};
use sutler_core::port::IdSource;
use sutler_core::pricing::{AttributeTest, Condition};
use sutler_core::rejection::Rejection;
use sutler_engine::Shop;

use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::view::{CollectionList, CollectionRow};

/// Sets of products that promotions can name
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CollectionCommand {
    Add(AddArgs),
    List(ListArgs),
    Remove(RemoveArgs),
    Set(SetArgs),
    Show(ShowArgs),
}

/// What is in a collection.
#[derive(Debug, clap::Args)]
struct Within {
    /// A product that is in it, by handle, SKU or id; may be given several times
    #[arg(long, value_name = "PRODUCT")]
    product: Vec<String>,
    /// Rule: products in this category or below; of several, one
    #[arg(long, value_name = "PATH")]
    category: Vec<String>,
    /// Rule: products with this attribute; of several, all
    #[arg(long, value_name = "NAME=VALUE")]
    attribute: Vec<String>,
}

/// Add a collection
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler collection add winter --product field-skillet --product wagon-kettle
  sutler collection add pans --name \"Pans\" --category Outdoor --attribute material=iron

A product is in it when it was chosen, or when it fulfills the rule: it is in one of the categories and has all of the
attributes.")]
pub(crate) struct AddArgs {
    /// Its text key: small letters, digits, hyphens
    handle: Handle,
    /// Its name [default: the handle]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    within: Within,
}

/// List collections
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler collection list
  sutler collection list --format csv")]
pub(crate) struct ListArgs {}

/// Take a collection away; its products stay
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler collection remove winter")]
pub(crate) struct RemoveArgs {
    /// Handle or id
    collection: String,
}

/// Change a collection; what is not named stays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler collection set winter --product wagon-kettle
  sutler collection set winter --without field-skillet --name \"Winter sale\"

Products are added to those that are in it; --category and --attribute replace the rule.")]
pub(crate) struct SetArgs {
    /// Handle or id
    collection: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A product that was chosen and is taken out; may be given several times
    #[arg(long, value_name = "PRODUCT")]
    without: Vec<String>,
    #[command(flatten)]
    within: Within,
}

/// Show a collection
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler collection show winter
  sutler collection show winter --json")]
pub(crate) struct ShowArgs {
    /// Handle or id
    collection: String,
}

impl CollectionCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        match self {
            CollectionCommand::Add(args) => args.run(&shop, context),
            CollectionCommand::Set(args) => args.run(&shop),
            CollectionCommand::List(_) => {
                let setup = shop.setup()?;
                let collections = setup.collections.iter().map(CollectionRow::from).collect();
                Ok(Answer::many(CollectionList { collections }))
            }
            CollectionCommand::Show(args) => Ok(shown(&shop.find_collection(&args.collection)?)),
            CollectionCommand::Remove(args) => {
                let found = shop.find_collection(&args.collection)?;
                shop.collection_remove(found.id)?;
                let sentence = format!("the collection {} is taken away", found.handle);
                Ok(shown(&found).summary(sentence))
            }
        }
    }
}

impl AddArgs {
    fn run(&self, shop: &Shop, context: &Context<'_>) -> Result<Answer, CommandError> {
        let collection = shop.collection_put(&Collection {
            id: CollectionId::from_u128(UuidSource.next_id()),
            handle: self.handle.clone(),
            name: self.name.clone().unwrap_or_else(|| self.handle.to_string()),
            products: products(shop, &self.within.product)?,
            rule: self.within.rule(shop)?,
            version: 0,
        })?;
        let next = context.hint(format!("collection show {}", quoted(self.handle.as_str())));
        let sentence = format!("added the collection {}", collection.handle);
        Ok(shown(&collection).summary(sentence).next(next))
    }
}

impl SetArgs {
    fn run(&self, shop: &Shop) -> Result<Answer, CommandError> {
        let mut collection = shop.find_collection(&self.collection)?;
        if let Some(name) = &self.name {
            collection.name.clone_from(name);
        }
        let without = products(shop, &self.without)?;
        collection.products.retain(|product| !without.contains(product));
        for product in products(shop, &self.within.product)? {
            if !collection.products.contains(&product) {
                collection.products.push(product);
            }
        }
        let rule = self.within.rule(shop)?;
        if !rule.is_empty() {
            collection.rule = rule;
        }
        let collection = shop.collection_put(&collection)?;
        Ok(shown(&collection).summary(format!("the collection {} is written", collection.handle)))
    }
}

impl Within {
    fn rule(&self, shop: &Shop) -> Result<Vec<Condition>, CommandError> {
        let mut rule = Vec::new();
        if !self.category.is_empty() {
            let found = self.category.iter().map(|path| category(shop, path));
            rule.push(Condition::Category { categories: found.collect::<Result<_, _>>()? });
        }
        for text in &self.attribute {
            rule.push(Condition::Attribute(attribute(text)?));
        }
        Ok(rule)
    }
}

fn products(shop: &Shop, words: &[String]) -> Result<Vec<ProductId>, CommandError> {
    words.iter().map(|word| Ok(shop.find_product(word)?.id)).collect()
}

fn category(shop: &Shop, path: &str) -> Result<CategoryId, CommandError> {
    let found = shop.category_tree()?.find_words(path);
    Ok(found.ok_or_else(|| Rejection::not_found("category", path))?)
}

/// Reads `name=value`: a value that looks like a number or a yes is tried as such too.
fn attribute(text: &str) -> Result<AttributeTest, CommandError> {
    let Some((name, value)) = text.split_once('=') else {
        let why = "is not written NAME=VALUE, such as material=iron".to_owned();
        return Err(Rejection::BadInput { what: "attribute", given: text.to_owned(), why }.into());
    };
    let value = value.trim();
    let mut values = vec![AttributeValue::Text(value.to_owned())];
    values.extend(value.parse().ok().map(AttributeValue::Decimal));
    values.extend(match value {
        "yes" | "true" => Some(AttributeValue::Flag(true)),
        "no" | "false" => Some(AttributeValue::Flag(false)),
        _ => None,
    });
    let name = name.trim().to_owned();
    Ok(AttributeTest { name, values, at_least: None, below: None })
}

fn shown(collection: &Collection) -> Answer {
    Answer::one(CollectionRow::from(collection))
}
