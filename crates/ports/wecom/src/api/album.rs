//! The product album (商品图册). Media of [`Client::upload_attachment`] for albums.

use super::{Done, Image, answer, at_most, bytes, chars, paged};
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::page::{Page, Pages};
use serde::{Deserialize, Serialize};
use serde_json::json;

const ADD: Call = Call::once("externalcontact/add_product_album");
const GET: Call = Call::post("externalcontact/get_product_album");
const LIST: Call = Call::post("externalcontact/get_product_album_list");
const UPDATE: Call = Call::post("externalcontact/update_product_album");
const DELETE: Call = Call::post("externalcontact/delete_product_album");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    pub product_id: Option<String>,
    /// At most 300 characters.
    pub description: String,
    /// In fen, at most 5,000,000.
    pub price: i64,
    pub create_time: Option<i64>,
    /// At most 128 letters and digits.
    pub product_sn: Option<String>,
    /// At most nine.
    pub attachments: Vec<ProductImage>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProductImage {
    #[serde(rename = "type")]
    pub kind: String,
    pub image: Image,
}

answer!(ProductId { product_id: String });
answer!(One { product: Product });
paged!(Products { product_list: Product });

impl Client {
    pub fn add_product(&self, product: &Product) -> Result<String> {
        check(&ADD, product)?;
        self.post::<ProductId>(&ADD, product).map(|answer| answer.product_id)
    }
    pub fn product(&self, product_id: &str) -> Result<Product> {
        self.post::<One>(&GET, &json!({"product_id": product_id})).map(|answer| answer.product)
    }
    pub fn products(&self) -> Pages<'_, Product> {
        Pages::new(LIST.path, |cursor| {
            self.post::<Products>(&LIST, &json!({"limit": 100, "cursor": cursor})).map(Page::from)
        })
    }
    /// Only products this app has made.
    pub fn update_product(&self, product: &Product) -> Result<()> {
        check(&UPDATE, product)?;
        self.post::<Done>(&UPDATE, product).map(drop)
    }
    pub fn delete_product(&self, product_id: &str) -> Result<()> {
        self.delete(&DELETE, &json!({"product_id": product_id}))
    }
}

fn check(call: &Call, product: &Product) -> Result<()> {
    chars(call, "description", &product.description, 300)?;
    at_most(call, "price", usize::try_from(product.price).unwrap_or(usize::MAX), 5_000_000)?;
    bytes(call, "product_sn", product.product_sn.as_deref().unwrap_or_default(), 128)?;
    at_most(call, "attachments", product.attachments.len(), 9)
}
