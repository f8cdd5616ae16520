//! Products and variants.

use std::collections::BTreeMap;

use sutler_core::catalog::{
    Attribute, AttributeValue, Dimensions, Handle, Image, Product, ProductStatus, Sku, Variant,
};
use sutler_core::id::{CategoryId, ProductId, VariantId};
use sutler_core::pricing::{TaxCategory, Window};

use super::{NOW, World, after, eur};

impl World {
    /// Returns a plain product with one variant; its handle and SKU are new.
    pub fn product(&self) -> Product {
        let (handle, sku) = (self.word("product"), self.word("SKU"));
        let title = format!("Title of {handle}");
        let (id, handle) = (ProductId::from_u128(self.id()), Handle::new(handle).unwrap());
        let variants = vec![self.variant(&sku)];
        Product { version: 1, ..Product::new(id, handle, title, variants, NOW) }
    }

    /// Returns a plain variant with this SKU.
    pub fn variant(&self, sku: &str) -> Variant {
        let id = VariantId::from_u128(self.id());
        Variant { sku: Some(Sku::new(sku).unwrap()), ..Variant::new(id) }
    }

    /// Returns a plain product whose only variant has this SKU.
    pub fn product_with_sku(&self, sku: &str) -> Product {
        Product { variants: vec![self.variant(sku)], ..self.product() }
    }

    /// Returns a product in which everything is filled, with three variants, the last of them retired. `categories` are
    /// where it stands, in an order that must be kept.
    pub fn rich_product(&self, categories: &[CategoryId]) -> Product {
        let fact = |name: &str, value| Attribute { name: name.to_owned(), value };
        let image = |url: &str, alt: &str| Image { url: url.to_owned(), alt: alt.to_owned() };
        Product {
            description: "<p>Warm & “soft”, 100 % — 毛布 🧶</p>\n<p>'quoted'</p>".to_owned(),
            brand: Some("Alt'Weber".to_owned()),
            product_type: Some("Blanket".to_owned()),
            categories: categories.to_vec(),
            tags: vec!["wool".to_owned(), "b, with comma".to_owned(), "a".to_owned()],
            status: ProductStatus::Draft,
            published: false,
            publish_window: Window { from: Some(NOW), until: Some(after(3_600)) },
            option_names: vec!["Size".to_owned(), "Color".to_owned()],
            attributes: vec![
                fact("material", AttributeValue::Text("oak".to_owned())),
                fact("legs", AttributeValue::Integer(-4)),
                fact("depth", AttributeValue::Decimal("1.5".parse().unwrap())),
                fact("washable", AttributeValue::Flag(true)),
            ],
            images: vec![image("https://example.com/b.jpg", "B"), image("a.jpg", "")],
            seo_title: Some("Blanket".to_owned()),
            seo_description: Some(String::new()),
            external_id: Some("gid://shop/Product/1".to_owned()),
            metadata: facts(&[("zeta", "1"), ("alpha", "")]),
            updated_at: after(5),
            variants: self.rich_variants(),
            ..self.product()
        }
    }

    fn rich_variants(&self) -> Vec<Variant> {
        let options = |size: &str, color: &str| vec![size.to_owned(), color.to_owned()];
        let mut full = self.variant(&self.word("FULL"));
        full.option_values = options("L", "Grün");
        full.barcode = Some("4006381333931".to_owned());
        full.weight_grams = Some(0);
        full.dimensions = Some(Dimensions { length_mm: 1_200, width_mm: 800, height_mm: 1 });
        full.tax_category = TaxCategory::new("reduced").unwrap();
        full.taxable = false;
        full.tax_code = Some("P0000000".to_owned());
        full.tracks_stock = false;
        full.sells_without_stock = true;
        full.requires_shipping = false;
        full.unit_cost = Some(eur(1_234));
        full.image_url = Some("https://example.com/b.jpg".to_owned());
        full.metadata = facts(&[("warp", "linen"), ("weft", "wool")]);

        let mut bare = self.variant("unused");
        bare.option_values = options("S", "");
        bare.sku = None;

        let mut old = self.variant(&self.word("OLD"));
        old.option_values = options("L", "Grün");
        old.retired = true;
        vec![full, bare, old]
    }
}

fn facts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}
