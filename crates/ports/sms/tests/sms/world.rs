//! A provider that answers as a test says, on a clock that stands still.

use serde_json::Value;
use siyu_kernel::{Chance, FakeClock};
use siyu_sms::*;
use std::sync::{Arc, Mutex};

pub type Answer = Result<Response, TransportError>;
type Script = Box<dyn FnMut(&Request) -> Answer + Send>;

pub struct Scripted {
    script: Mutex<Script>,
    pub requests: Mutex<Vec<Request>>,
}

impl Transport for Scripted {
    fn send(&self, request: &Request) -> Answer {
        self.requests.lock().unwrap().push(request.clone());
        self.script.lock().unwrap()(request)
    }
}

impl Scripted {
    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
    pub fn request(&self, at: usize) -> Request {
        self.requests.lock().unwrap()[at].clone()
    }
    /// The form a request carried.
    pub fn form(&self, at: usize) -> std::collections::BTreeMap<String, String> {
        form_urlencoded::parse(&self.request(at).body).into_owned().collect()
    }
    pub fn json(&self, at: usize) -> Value {
        serde_json::from_slice(&self.request(at).body).unwrap()
    }
}

pub struct World {
    pub clock: Arc<FakeClock>,
    pub aliyun: Aliyun,
    pub tencent: Tencent,
    pub net: Arc<Scripted>,
}

pub fn aliyun_keys() -> AliyunKeys {
    AliyunKeys { key_id: "LTAImadeUp".into(), key_secret: "aliyunSecretMadeUp".into(), token: None }
}
pub fn tencent_keys() -> TencentKeys {
    TencentKeys {
        secret_id: "AKIDmadeUp".into(),
        secret_key: "tencentSecretMadeUp".into(),
        token: None,
        app_id: "1400006666".into(),
        region: "ap-guangzhou".into(),
    }
}

pub fn world(script: impl FnMut(&Request) -> Answer + Send + 'static) -> World {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let net = Arc::new(Scripted { script: Mutex::new(Box::new(script)), requests: Mutex::default() });
    let wiring = Wiring {
        transport: net.clone(),
        clock: clock.clone(),
        chance: Arc::new(Chance::seeded(7)),
        limiter: Arc::new(Limiter::new(Rules::default())),
    };
    World {
        clock,
        aliyun: Aliyun::new(aliyun_keys(), ALIYUN, wiring.clone()),
        tencent: Tencent::new(tencent_keys(), TENCENT, wiring),
        net,
    }
}

pub fn ok(body: Value) -> Answer {
    answer(200, &body.to_string())
}
pub fn answer(status: u16, body: &str) -> Answer {
    Ok(Response { status, date: None, body: body.into() })
}
pub fn fault(fault: Fault) -> Answer {
    Err(TransportError { fault, detail: "made up".into() })
}

pub fn phone(number: u64) -> Phone {
    Phone::parse(&(13_800_000_000 + number).to_string()).unwrap()
}
pub fn message(number: u64, params: &[(&str, &str)]) -> Message {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Message { phone: phone(number), params }
}
pub fn batch(messages: &[Message]) -> Batch<'_> {
    Batch { sign: "街角花店", template: "SMS_1", class: Class::Notice, out_id: "job_77", messages }
}
