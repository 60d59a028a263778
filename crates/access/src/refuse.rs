//! Every refusal of this crate, each with one code and a sentence in both languages.

use crate::attempts::RetryAfter;
use siyu_kernel::{Class, Refusal};

pub fn login_unlinked() -> Refusal {
    Refusal::forbidden(
        "login_unlinked",
        "No account of this console is linked to you in WeCom, or it is disabled. Ask an owner to link it under Settings → Users & roles.",
        "没有与您的企业微信身份关联的账号，或账号已停用，请联系所有者在“设置 → 成员与角色”中关联。",
    )
}
pub fn wrong_login() -> Refusal {
    Refusal::new(Class::Unauthenticated, "wrong_login", "E-mail or password is wrong.", "邮箱或密码不正确。")
}
pub fn too_many_attempts(seconds: i64) -> Refusal {
    let minutes = (seconds + 59) / 60;
    Refusal::new(
        Class::Busy,
        "too_many_attempts",
        format!("Too many attempts. Try again in {minutes} minute(s)."),
        format!("尝试次数过多，请 {minutes} 分钟后再试。"),
    )
    .because(RetryAfter(seconds))
}
pub fn wrong_password() -> Refusal {
    Refusal::invalid("wrong_password", "The current password is wrong.", "当前密码不正确。").field("current")
}
pub fn already_set_up() -> Refusal {
    Refusal::conflict(
        "already_set_up",
        "This workspace has been set up already; sign in instead.",
        "工作空间已完成初始化，请直接登录。",
    )
}
pub fn password_short(min: usize) -> Refusal {
    Refusal::invalid(
        "password_short",
        format!("The password needs at least {min} characters."),
        format!("密码至少需要 {min} 个字符。"),
    )
    .field("password")
}
pub fn password_long(max: usize) -> Refusal {
    Refusal::invalid(
        "password_long",
        format!("The password may have at most {max} characters."),
        format!("密码最多 {max} 个字符。"),
    )
    .field("password")
}
pub fn password_is_email() -> Refusal {
    Refusal::invalid("password_is_email", "The password must differ from the e-mail address.", "密码不能与邮箱相同。")
        .field("password")
}
pub fn password_common() -> Refusal {
    Refusal::invalid(
        "password_common",
        "This password is among the first that anyone would guess. Choose another.",
        "该密码过于常见，容易被猜中，请换一个。",
    )
    .field("password")
}
pub fn email_invalid() -> Refusal {
    Refusal::invalid("email_invalid", "This is not an e-mail address.", "邮箱格式不正确。").field("email")
}
pub fn email_taken() -> Refusal {
    Refusal::conflict("email_taken", "A user with this e-mail address exists already.", "该邮箱已被其他用户使用。")
        .field("email")
}
pub fn name_invalid(max: usize) -> Refusal {
    Refusal::invalid(
        "name_invalid",
        format!("A name has 1 to {max} characters."),
        format!("名称长度为 1 到 {max} 个字符。"),
    )
    .field("name")
}
pub fn scope_shape() -> Refusal {
    Refusal::invalid(
        "scope_invalid",
        "A scope is either everything (all = true, no names) or at least one region or store.",
        "数据范围要么是全部（all 为 true 且不列名称），要么至少包含一个区域或门店。",
    )
    .field("scope")
}
pub fn scope_names(max: usize) -> Refusal {
    Refusal::invalid(
        "scope_invalid",
        format!("A scope holds at most {max} regions and stores, each with 1 to 100 characters."),
        format!("数据范围最多包含 {max} 个区域和门店，每个名称 1 到 100 个字符。"),
    )
    .field("scope")
}
pub fn staff_taken() -> Refusal {
    Refusal::conflict("staff_taken", "Another user is this member of staff already.", "该企业微信员工已绑定其他用户。")
        .field("staff")
}
pub fn no_user() -> Refusal {
    Refusal::not_found("user_not_found", "There is no such user.", "用户不存在。")
}
pub fn last_owner() -> Refusal {
    Refusal::conflict(
        "last_owner",
        "This is the last active owner. Make another user an owner first.",
        "这是最后一个有效的所有者，请先将其他用户设为所有者。",
    )
}
pub fn key_role_needed() -> Refusal {
    Refusal::invalid("key_role_needed", "A key of kind api needs a role.", "api 类型的密钥需要指定角色。").field("role")
}
pub fn key_role_unexpected() -> Refusal {
    Refusal::invalid(
        "key_role_unexpected",
        "A write key only sends data in and has no role.",
        "write 类型的密钥仅用于写入数据，不能指定角色。",
    )
    .field("role")
}
pub fn no_key() -> Refusal {
    Refusal::not_found("key_not_found", "There is no such key.", "密钥不存在。")
}
pub fn bad_after() -> Refusal {
    Refusal::invalid("page_token", "`after` must be the `next` of the page before.", "after 必须是上一页返回的 next。")
        .field("after")
}
pub fn too_many(what_en: &str, what_zh: &str, max: usize) -> Refusal {
    Refusal::conflict(
        "limit_reached",
        format!("There may be at most {max} {what_en}."),
        format!("{what_zh}最多 {max} 个。"),
    )
}
