//! Templates: their form, their values, their length.

use siyu_sms::*;

fn aliyun(text: &str, class: Class) -> Template {
    Template {
        code: "SMS_123456789".into(),
        sign: "街角花店".into(),
        text: text.into(),
        class,
        provider: Provider::Aliyun,
    }
}
fn tencent(text: &str) -> Template {
    Template { code: "1234567".into(), provider: Provider::Tencent, ..aliyun(text, Class::Notice) }
}
fn params(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

#[test]
fn templates_have_a_form() {
    let notice = |text: &str| aliyun(text, Class::Notice);
    let code = |code: &str| Template { code: code.into(), ..notice("您好") };
    let sign = |sign: &str| Template { sign: sign.into(), ..notice("您好") };
    for (template, want) in [
        (notice("您好${name}，订单${order_no}已发货"), "ok"),
        (notice("没有变量，100%{照原样}"), "ok"),
        (tencent("您好{1}，{2}分钟内有效"), "ok"),
        (tencent("{2}在{1}之前"), "ok"),
        (notice("您好${na me}"), "sms_place_malformed"),
        (notice("您好${}"), "sms_place_malformed"),
        (notice("您好${name"), "sms_place_malformed"),
        (tencent("您好{name}"), "sms_place_malformed"),
        (tencent("您好{0}"), "sms_place_malformed"),
        (tencent("{1}{3}"), "sms_place_malformed"),
        (tencent("{01}"), "sms_place_malformed"),
        (notice(" "), "sms_text_empty"),
        (notice(&"长".repeat(501)), "sms_text_too_long"),
        (aliyun("全场八折，拒收请回复R", Class::Marketing), "ok"),
        (aliyun("全场八折", Class::Marketing), "sms_opt_out_missing"),
        (code("123"), "sms_template_code"),
        (code("SMS_"), "sms_template_code"),
        (code("SMS_1\n2"), "sms_template_code"),
        (Template { code: "SMS_1".into(), ..tencent("x") }, "sms_template_code"),
        (sign("店"), "sms_sign_malformed"),
        (sign("【街角花店】"), "sms_sign_malformed"),
        (sign("很长很长很长很长很长的签名"), "sms_sign_malformed"),
    ] {
        let told = template.check().err().map_or("ok", |error| error.code());
        assert_eq!(told, want, "{} {}", template.code, template.text);
    }
}

#[test]
fn values_are_checked_before_the_provider_does() {
    let template = aliyun("您好${name}，${name}您的券${days}天后到期", Class::Notice);
    assert_eq!(template.places().unwrap(), ["name", "days"]);
    assert_eq!(
        template.fill(&params(&[("days", "3"), ("name", "张三")])).unwrap(),
        "【街角花店】您好张三，张三您的券3天后到期"
    );
    let long = "长".repeat(36);
    for (pairs, want) in [
        (&[("name", "张三")][..], "sms_param_missing"),
        (&[("name", " "), ("days", "3")], "sms_param_missing"),
        (&[("name", "张三"), ("days", "3"), ("extra", "x")], "sms_param_unknown"),
        (&[("name", &long), ("days", "3")], "sms_param_too_long"),
        (&[("name", "a\nb"), ("days", "3")], "sms_param_control"),
        (&[("name", "看 HTTPS://x.cn"), ("days", "3")], "sms_param_link"),
    ] {
        let error = template.fill(&params(pairs)).unwrap_err();
        assert_eq!(error.code(), want);
        assert!(!error.to_string().is_empty() && error.zh().ends_with('。'));
    }
    let code = aliyun("验证码${code}", Class::Code);
    assert!(code.fill(&params(&[("code", "482913")])).is_ok());
    let long = Template { class: Class::Code, ..tencent("验证码{1}") };
    assert_eq!(long.fill(&params(&[("1", "1234567")])).unwrap_err().code(), "sms_param_too_long");
    // A value is not read for places again.
    assert_eq!(
        aliyun("${a}${b}", Class::Notice).fill(&params(&[("a", "${b}"), ("b", "1")])).unwrap(),
        "【街角花店】${b}1"
    );
}

#[test]
fn the_bill_counts_signature_and_values() {
    // 6 for the signature in its brackets.
    let template = aliyun(&format!("{}${{x}}", "字".repeat(60)), Class::Notice);
    let parts = |value: &str| template.length(&params(&[("x", value)]), true).unwrap();
    assert_eq!((parts("四四四四").units, parts("四四四四").parts), (70, 1));
    assert_eq!((parts("五五五五五").units, parts("五五五五五").parts), (71, 2));
    let abroad = Template { sign: "Corner".into(), ..aliyun("Your code ${x}", Class::Notice) };
    let length = abroad.length(&params(&[("x", "123")]), false).unwrap();
    // The brackets 【】 are no letters of GSM 7.
    assert_eq!(length.alphabet, length::Alphabet::Ucs2);
}
