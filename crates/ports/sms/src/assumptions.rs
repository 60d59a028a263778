//! What the providers' documentation leaves open. Each item says what we assume; nothing else in this crate rests on a guess.

use crate::provider::Provider;
use crate::template::Class;

/// How long a parameter may be. Texts say "six digits" for codes and "12 to 20 letters by kind"; the longest is taken, because a provider's
/// refusal is explained and our own cannot be appealed against.
pub fn param_letters_max(provider: Provider, class: Class) -> usize {
    match (provider, class) {
        (Provider::Tencent, Class::Code) => 6,
        (Provider::Aliyun, Class::Code) => 20,
        (Provider::Tencent, _) => 20,
        (Provider::Aliyun, _) => 35,
    }
}

/// When marketing messages are let through (hours of Beijing, from and to). Tencent Cloud refuses outside, without publishing its hours.
pub const MARKETING_HOURS: (i8, i8) = (8, 22);

/// Asking what became of a message is conclusive only after this: details of a send appear with a delay that nobody states. An earlier "not found" means nothing.
pub const LOOK_AFTER_SECONDS: i64 = 180;

/// Tencent Cloud names a number's message only when the operator has reported it, which may take three days.
pub const TENCENT_LOOK_AFTER_SECONDS: i64 = 72 * 3_600;

/// "System error" (`isp.SYSTEM_ERROR`) is documented as one to repeat: it refuses the whole request. Tencent Cloud's `InternalError.*` says that
/// the outcome is not known, and is not repeated.
pub const SYSTEM_ERROR_PAUSE_SECONDS: i64 = 5;

/// Requests a second to one provider from one process. Tencent Cloud names 3,000 (in one source only), Aliyun none.
pub const CALLS_PER_SECOND: u32 = 100;

/// How far our clock may be from theirs: Tencent Cloud refuses at five minutes, Aliyun at fifteen.
pub const SKEW_SECONDS_MAX: i64 = 240;

/// A number that belongs to nobody's customer, for asking a question that sends nothing.
pub const NOBODY: &str = "+8613000000000";

/// What counts as an answer that ends marketing messages. Providers suggest R and TD; people write more.
pub const OPT_OUT: &[&str] = &["R", "T", "TD", "N", "0000", "退订", "拒收", "取消", "STOP", "UNSUBSCRIBE"];

/// What takes it back.
pub const OPT_IN: &[&str] = &["订阅", "恢复订阅", "START"];
