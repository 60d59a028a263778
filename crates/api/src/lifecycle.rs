//! What the stages of life, loyalty and the tiers of value mean in this workspace.

use crate::error::Answer;
use crate::gate::{PeopleRead, SettingsWrite};
use crate::people_reader::{note, write};
use crate::{App, Body, Endpoints, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_audience::Life;
use siyu_db::Tx;
use siyu_kernel::Refusal;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(get, change)
}

#[derive(Serialize, ToSchema)]
struct LifecycleSettings {
    /// Days between purchases; null: measured, the median of the last year's.
    cycle_days: Option<u32>,
    /// As it was measured last; null before the first time.
    measured_cycle_days: Option<u32>,
    /// Retained is who was active within so many days, and before.
    retention_days: u32,
    /// The event by which somebody brought somebody else.
    referral_event: String,
    /// Loyal is who has so many orders …
    loyal_orders: u32,
    /// … within so many days …
    loyal_days: u32,
    /// … and an order before that.
    loyal_before: bool,
    /// Points of value, 0 to 100, from which somebody is a super VIP.
    super_vip: u32,
}

/// What is absent is as usual.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LifecycleChange {
    /// 1 to 3,650; null: measured.
    cycle_days: Option<u32>,
    /// 1 to 366; 30.
    retention_days: Option<u32>,
    /// 1 to 200 characters; Referral Completed.
    referral_event: Option<String>,
    /// 1 to 1,000; 4.
    loyal_orders: Option<u32>,
    /// 1 to 3,650; 30.
    loyal_days: Option<u32>,
    /// true.
    loyal_before: Option<bool>,
    /// 1 to 100; 80.
    super_vip: Option<u32>,
}

fn settings(tx: &mut Tx<'_>) -> Result<LifecycleSettings, Refusal> {
    let measured = Life::measured(tx)?;
    let Life { cycle_days, retention_days, referral_event, loyal_orders, loyal_days, loyal_before, super_vip } =
        Life::load(tx)?;
    Ok(LifecycleSettings {
        cycle_days,
        measured_cycle_days: measured,
        retention_days,
        referral_event,
        loyal_orders,
        loyal_days,
        loyal_before,
        super_vip,
    })
}

/// Shows what lifecycle, loyalty and tiers of value mean here.
///
/// 生命周期、忠诚与价值层级的定义。
#[utoipa::path(get, path = "/settings/lifecycle", tag = "Administration", responses((status = 200, body = LifecycleSettings)))]
async fn get(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<LifecycleSettings>> {
    app.run(|app| app.db.read(settings)).await.map(Json)
}

/// Sets what lifecycle, loyalty and tiers of value mean here. Rules and analyses ask by it at once.
///
/// 设置生命周期、忠诚与价值层级的定义，规则与分析立即生效。
///
/// Errors: `lifecycle_invalid` with the field.
#[utoipa::path(put, path = "/settings/lifecycle", tag = "Administration", request_body = LifecycleChange, responses((status = 200, body = LifecycleSettings)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<LifecycleChange>,
) -> Answer<Json<LifecycleSettings>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        let life = checked(input)?;
        write(app, move |app, tx| {
            let before = Life::load(tx)?;
            life.save(tx)?;
            if life != before {
                let detail = serde_json::to_value(&life).map_err(Refusal::internal)?;
                note(app, tx, &caller, "settings.change", "lifecycle", &json!({ "lifecycle": detail }))?;
            }
            settings(tx)
        })
    });
    answer.await.map(Json)
}

fn checked(input: LifecycleChange) -> Result<Life, Refusal> {
    let usual = Life::default();
    let within = |field: &str, value: u32, max: u32| {
        if (1..=max).contains(&value) {
            return Ok(value);
        }
        let en = format!("This is a whole number from 1 to {max}.");
        Err(Refusal::invalid("lifecycle_invalid", en, format!("取值为 1 到 {max} 的整数。")).field(field))
    };
    let event = input.referral_event.map_or(usual.referral_event, |name| name.trim().to_owned());
    if !(1..=200).contains(&event.chars().count()) {
        let en = "The name of an event has 1 to 200 characters.";
        return Err(Refusal::invalid("lifecycle_invalid", en, "事件名须为 1 到 200 个字符。").field("referral_event"));
    }
    Ok(Life {
        cycle_days: input.cycle_days.map(|days| within("cycle_days", days, 3_650)).transpose()?,
        retention_days: within("retention_days", input.retention_days.unwrap_or(usual.retention_days), 366)?,
        referral_event: event,
        loyal_orders: within("loyal_orders", input.loyal_orders.unwrap_or(usual.loyal_orders), 1_000)?,
        loyal_days: within("loyal_days", input.loyal_days.unwrap_or(usual.loyal_days), 3_650)?,
        loyal_before: input.loyal_before.unwrap_or(usual.loyal_before),
        super_vip: within("super_vip", input.super_vip.unwrap_or(usual.super_vip), 100)?,
    })
}
