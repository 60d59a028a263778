//! Standard e-commerce events become orders. What an event does not say is not invented.

use crate::message::Message;
use serde_json::{Map, Value};
use siyu_commerce::{LineIn, OrderIn, ProductIn};
use siyu_kernel::{Currency, Decimal, EventKind, Money, Refusal};

/// What an event means for commerce.
pub enum Meaning {
    Order(OrderIn),
    /// Everything of this order that has not been refunded yet.
    Cancelled {
        order: OrderIn,
        of: String,
    },
    Products(Vec<ProductIn>),
}

/// Reads the event; `None` when it says nothing about commerce. `digest` tells two refunds of one order apart by content.
///
/// Errors (the message is quarantined): `order_id_missing`, `invalid_amount`, `invalid_quantity`, `currency_invalid`.
pub fn order_of(
    message: &Message,
    default: Currency,
    digest: impl Fn(&str) -> u64,
) -> Result<Option<Meaning>, Refusal> {
    if message.kind != EventKind::Track {
        return Ok(None);
    }
    let event = message.name.as_str();
    let is_order =
        matches!(event, "Order Completed" | "Order Paid" | "Order Updated" | "Order Refunded" | "Order Cancelled");
    let is_product =
        matches!(event, "Product Viewed" | "Product Clicked" | "Product Added" | "Product Added to Wishlist");
    if !is_order && !is_product {
        return Ok(None);
    }
    let Ok(Value::Object(properties)) = serde_json::from_str(&message.properties) else { return Ok(None) };
    let currency = match properties.get("currency").and_then(Value::as_str) {
        Some(code) => Currency::parse(code).map_err(|_| {
            Refusal::invalid(
                "currency_invalid",
                "currency must be a three-letter ISO 4217 code.",
                "currency 须为三个字母的 ISO 4217 代码。",
            )
            .field("properties.currency")
        })?,
        None => default,
    };
    if is_product {
        return Ok(product(&properties, currency)?.map(|product| Meaning::Products(vec![product])));
    }
    let order_id = word(properties.get("order_id").or_else(|| properties.get("orderId"))).ok_or_else(|| {
        Refusal::invalid("order_id_missing", "An order event needs order_id.", "订单事件缺少 order_id。")
            .field("properties.order_id")
    })?;
    let order = OrderIn {
        order_no: order_id.clone(),
        at: message.at,
        store: word(properties.get("store").or_else(|| properties.get("store_code")))
            .or_else(|| word(properties.get("affiliation"))),
        currency,
        person: None,
        root: None,
        lines: Vec::new(),
        source: "track".into(),
        whole: true,
    };
    match event {
        "Order Refunded" => refund(order, &properties, currency, &digest).map(Some),
        "Order Cancelled" => Ok(Some(Meaning::Cancelled {
            order: OrderIn { order_no: format!("{order_id}/cancelled"), whole: false, ..order },
            of: order_id,
        })),
        _ => {
            let lines = lines(&properties, currency, true)?;
            let order = OrderIn { lines, ..order };
            Ok(Some(Meaning::Order(order)))
        }
    }
}

/// A refund is a document of its own, so that it can be repeated without being counted twice: named by its id, else by what it says.
fn refund(
    order: OrderIn,
    properties: &Map<String, Value>,
    currency: Currency,
    digest: &impl Fn(&str) -> u64,
) -> Result<Meaning, Refusal> {
    let of = order.order_no.clone();
    let mut lines = lines(properties, currency, false)?;
    if lines.is_empty() {
        // No products and no amount: the whole order.
        let order = OrderIn { order_no: format!("{of}/cancelled"), whole: false, ..order };
        return Ok(Meaning::Cancelled { order, of });
    }
    for line in &mut lines {
        line.line_no = None;
        line.quantity_milli = -line.quantity_milli.abs();
        line.amount_minor = -line.amount_minor.abs();
        line.refund_of = Some(of.clone());
    }
    let name = match word(properties.get("refund_id")) {
        Some(id) => id,
        None => {
            let text: Vec<String> = lines
                .iter()
                .map(|line| format!("{}|{}|{}", line.sku, line.quantity_milli, line.amount_minor))
                .collect();
            format!("{:016x}", digest(&text.join(";")))
        }
    };
    Ok(Meaning::Order(OrderIn { order_no: format!("{of}/refund/{name}"), lines, whole: false, ..order }))
}

/// The products of an order, their amounts adding up to what the order says it brought in: `revenue`, else `total`, else the lines' own sum.
/// A discount on the order is spread over its lines in proportion, to the last minor unit.
fn lines(properties: &Map<String, Value>, currency: Currency, is_sale: bool) -> Result<Vec<LineIn>, Refusal> {
    let stated = match amount(properties.get("revenue"), "revenue")? {
        Some(stated) => Some(stated),
        None => amount(properties.get("total"), "total")?.or(amount(properties.get("value"), "value")?),
    };
    let stated = stated.map(|stated| minor(stated, currency, "revenue")).transpose()?;
    let mut lines = Vec::new();
    let products = properties.get("products").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (at, product) in products.iter().enumerate() {
        let Some(product) = product.as_object() else { continue };
        let place = |field: &str| format!("properties.products[{at}].{field}");
        let quantity =
            amount(product.get("quantity"), &format!("products[{at}].quantity"))?.unwrap_or(Decimal::new(1, 0));
        let quantity_milli = quantity.rescaled(3).and_then(|q| i64::try_from(q).ok()).ok_or_else(|| {
            Refusal::invalid("invalid_quantity", "quantity is too large.", "quantity 过大。").field(place("quantity"))
        })?;
        let price = amount(product.get("price"), &format!("products[{at}].price"))?;
        let own = match (amount(product.get("total"), &format!("products[{at}].total"))?, price) {
            (Some(total), _) => total,
            (None, Some(price)) => price.times(quantity).ok_or_else(|| too_large(&place("price")))?,
            (None, None) => Decimal::ZERO,
        };
        lines.push(LineIn {
            line_no: is_sale.then_some(at as i64 + 1),
            sku: word(product.get("sku")).or_else(|| word(product.get("product_id"))).unwrap_or_default(),
            title: word(product.get("name")),
            quantity_milli,
            price_minor: price.map(|price| minor(price, currency, &place("price"))).transpose()?,
            amount_minor: minor(own, currency, &place("price"))?,
            refund_of: None,
        });
    }
    match (lines.is_empty(), stated) {
        (true, Some(stated)) => lines.push(LineIn {
            line_no: is_sale.then_some(1),
            sku: String::new(),
            title: None,
            quantity_milli: 1000,
            price_minor: None,
            amount_minor: stated,
            refund_of: None,
        }),
        (false, Some(stated)) => spread(&mut lines, stated),
        _ => {}
    }
    Ok(lines)
}

/// Makes the lines add up to `total`, keeping their proportions; what rounding leaves goes to the first lines.
fn spread(lines: &mut [LineIn], total: i64) {
    let sum: i128 = lines.iter().map(|line| i128::from(line.amount_minor)).sum();
    if sum == i128::from(total) || total < 0 {
        return;
    }
    let n = lines.len() as i128;
    let mut left = i128::from(total);
    for line in lines.iter_mut() {
        let share =
            if sum > 0 { i128::from(total) * i128::from(line.amount_minor) / sum } else { i128::from(total) / n };
        line.amount_minor = i64::try_from(share).unwrap_or(i64::MAX);
        left -= share;
    }
    let step = left.signum();
    // Fewer units are left than there are lines: each share lost less than one.
    for line in lines.iter_mut().take(left.unsigned_abs() as usize) {
        line.amount_minor += step as i64;
    }
}

fn product(properties: &Map<String, Value>, currency: Currency) -> Result<Option<ProductIn>, Refusal> {
    let Some(sku) = word(properties.get("sku")).or_else(|| word(properties.get("product_id"))) else { return Ok(None) };
    let price = amount(properties.get("price"), "price")
        .ok()
        .flatten()
        .and_then(|price| Money::from_major(price, currency).ok());
    let text = |key: &str| word(properties.get(key));
    Ok(Some(ProductIn {
        sku,
        title: text("name"),
        category: text("category"),
        brand: text("brand"),
        price_minor: price.map(|p| p.minor),
        currency: price.map(|p| p.currency),
        url: text("url"),
        image: text("image_url"),
        properties: None,
    }))
}

fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
fn amount(value: Option<&Value>, field: &str) -> Result<Option<Decimal>, Refusal> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(_) => return Err(invalid_amount(field)),
    };
    Decimal::parse(&text).map(Some).ok_or_else(|| invalid_amount(field))
}
fn invalid_amount(field: &str) -> Refusal {
    Refusal::invalid("invalid_amount", format!("{field} must be a decimal number."), format!("{field} 须为数字。"))
        .field(format!("properties.{field}"))
}
fn minor(amount: Decimal, currency: Currency, field: &str) -> Result<i64, Refusal> {
    Money::from_major(amount, currency).map(|money| money.minor).map_err(|_| too_large(field))
}
fn too_large(field: &str) -> Refusal {
    Refusal::invalid("amount_overflow", "The amount is too large.", "金额过大。").field(field.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(amount: i64) -> LineIn {
        LineIn {
            line_no: None,
            sku: "a".into(),
            title: None,
            quantity_milli: 1000,
            price_minor: None,
            amount_minor: amount,
            refund_of: None,
        }
    }

    proptest! {
        #[test]
        fn a_discount_is_spread_to_the_last_cent(amounts in proptest::collection::vec(0i64..1_000_000, 1..20), total in 0i64..2_000_000) {
            let mut lines: Vec<LineIn> = amounts.into_iter().map(line).collect();
            spread(&mut lines, total);
            prop_assert_eq!(lines.iter().map(|l| l.amount_minor).sum::<i64>(), total);
            prop_assert!(lines.iter().all(|l| l.amount_minor >= 0));
        }
    }
}
