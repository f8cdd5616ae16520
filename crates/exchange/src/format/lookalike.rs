//! Tables of other systems, told by their headers, so that they are named instead of misread.

use crate::table::Header;

/// A system whose files are known but not read.
pub(super) struct System {
    /// What its files are, for "this looks like".
    pub(super) what: &'static str,
    /// How such a catalog can be brought in all the same.
    pub(super) help: &'static str,
    /// Its short name on command lines of other programs.
    name: &'static str,
    /// Column keys that must all be there.
    all: &'static [&'static str],
}

const MAP: &str = "write a mapping that says which column holds what (`--map FILE.toml`), or export the catalog \
                   with the columns of Shopify";
const NO_CATALOG: &str = "import a product or inventory file instead";

const fn system(
    name: &'static str,
    what: &'static str,
    all: &'static [&'static str],
    help: &'static str,
) -> System {
    System { what, help, name, all }
}

/// The most specific first.
#[rustfmt::skip]
const SYSTEMS: &[System] = &[
    system("", "a Shopify order export", &["name", "financial status", "lineitem name"], NO_CATALOG),
    system("", "an order export", &["name", "subtotal", "shipping", "taxes", "total"], NO_CATALOG),
    system("", "a customer export", &["first name", "last name", "email"], NO_CATALOG),
    system("", "a customer export", &["customer_number", "first_name", "last_name", "email"], NO_CATALOG),
    system("woocommerce", "a WooCommerce product export", &["id", "type", "sku", "name", "regular price"], MAP),
    system("woocommerce", "a WooCommerce product export", &["type", "sku", "name", "is featured?"], MAP),
    system("woocommerce", "a WooCommerce product export with Russian headers", &["тип", "артикул", "имя"], MAP),
    system("woocommerce", "a dump of the WooCommerce REST interface, not a WooCommerce export",
        &["id", "sku", "regular_price", "permalink"], MAP),
    system("woocommerce", "a dump of the WooCommerce REST interface, not a WooCommerce export",
        &["parent_id", "parent_sku", "sku", "attributes"], MAP),
    system("magento", "a Magento (Adobe Commerce) product export", &["sku", "attribute_set_code", "product_type"], MAP),
    system("magento", "a Magento (Adobe Commerce) product export", &["sku", "store_view_code", "product_type"], MAP),
    system("medusa", "a Medusa product file", &["product handle", "product title"], MAP),
    system("medusa", "a Medusa product file", &["product id", "product title"], MAP),
    system("spree", "a Spree product file", &["slug", "sku", "name", "price", "option1_name"], MAP),
    system("spree", "a Spree product file", &["slug", "sku", "name", "price", "inventory_count"], MAP),
    system("vendure", "a Vendure product file", &["optiongroups", "optionvalues", "sku"], MAP),
    system("shopware", "a Shopware product file", &["product_number", "price_net", "price_gross"], MAP),
    system("shopware", "a Shopware product file", &["product_number", "tax_id", "stock"], MAP),
    system("prestashop", "a PrestaShop product file", &["active (0/1)", "name *"], MAP),
    system("prestashop", "a PrestaShop combinations file", &["attribute (name:type:position)*"], MAP),
    system("prestashop", "a PrestaShop combinations file", &["product id*", "product reference"], MAP),
    system("sylius", "a Sylius product file", &["code", "locale", "name", "main_taxon"], MAP),
    system("bigcommerce", "a BigCommerce product file", &["item", "id", "name", "sku", "inventory tracking"], MAP),
    system("bigcommerce", "an old BigCommerce product file", &["item type", "product name", "product code/sku"], MAP),
    system("etsy", "an Etsy listings download", &["title", "description", "price", "currency_code", "image1"], MAP),
    system("etsy", "an Etsy listings download", &["currency_code", "immagine1"], MAP),
    system("etsy", "an Etsy listings download", &["currency_code", "tag", "sku"], MAP),
    system("facebook", "a Meta catalog feed", &["id", "title", "fb_product_category"], MAP),
    system("google", "a Google Merchant Center feed", &["id", "title", "link", "image_link"], MAP),
    system("google", "a Google Merchant Center feed", &["id", "title", "link", "image link"], MAP),
    system("amazon", "an Amazon inventory template", &["item_sku", "feed_product_type"], MAP),
    system("amazon", "an Amazon inventory template", &["parent_sku", "parentage"], MAP),
    system("ebay", "an eBay listings file", &["custom label (sku)", "start price"], MAP),
];

/// Finds the system whose columns are all there.
pub(super) fn find(header: &Header) -> Option<&'static System> {
    // eBay puts site and currency into the name of its first column.
    if header.keys().iter().any(|key| key.starts_with("*action(")) {
        return SYSTEMS.iter().find(|system| system.name == "ebay");
    }
    SYSTEMS.iter().find(|system| system.all.iter().all(|key| header.has(key)))
}

/// Tells whether a word is the name of such a system.
pub(super) fn is_name(word: &str) -> bool {
    let short = ["woo", "adobe", "meta", "merchant", "mercadolibre"];
    short.contains(&word) || SYSTEMS.iter().any(|system| !word.is_empty() && system.name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_systems_are_named() {
        for (header, what) in [
            ("ID,Type,SKU,Name,Published,Is featured?,Regular price", "WooCommerce product export"),
            ("id,name,sku,type,status,price,regular_price,permalink", "REST interface"),
            ("sku,store_view_code,attribute_set_code,product_type,name", "Magento"),
            ("Product Id,Product Handle,Product Title,Variant Price EUR", "Medusa"),
            ("*Action(SiteID=US|Country=US|Currency=USD),CustomLabel", "eBay"),
            ("id\ttitle\tdescription\tlink\timage_link\tprice", "Google"),
            ("Name,Subtotal,Shipping,Taxes,Total,Created at", "order"),
            ("Item,ID,Name,Type,SKU,Options,Inventory Tracking", "BigCommerce"),
        ] {
            let header = Header::new(header.split([',', '\t']), 1);
            let found = find(&header).expect(what);
            assert!(found.what.contains(what), "{}", found.what);
        }
        assert!(find(&Header::new("title,info,price".split(','), 1)).is_none());
    }
}
