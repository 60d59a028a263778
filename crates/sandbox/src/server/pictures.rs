//! The pictures of codes, as WeCom's own servers hand them out: a QR with somebody's picture in the middle.

use super::Sandbox;
use crate::ids::Id;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use qrcode::{Color, EcLevel, QrCode};

const SCALE: usize = 8;
const QUIET: usize = 4;

/// Where the caller has found this server.
pub fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    format!("http://{host}")
}

/// What the QR of a code says. Scanned with WeChat it would open the friend request or the group.
pub fn says(config_id: &str) -> String {
    format!("https://work.weixin.qq.com/q/{config_id}")
}

/// Codes that are deleted have a picture still; only what was never made has none.
pub async fn show(Shared(sandbox): Shared<Sandbox>, Path((config, _)): Path<(String, String)>) -> Response {
    let known = {
        let state = sandbox.lock();
        let world = &state.world;
        let below = |kind, most| world.number(kind, &config).is_some_and(|number| number < most);
        below(Id::ContactWay, world.contact_ways.len()) || below(Id::JoinWay, world.join_ways.len())
    };
    match picture(&says(&config)).filter(|_| known) {
        Some(bytes) => ([(header::CONTENT_TYPE, "image/png")], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn picture(text: &str) -> Option<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::H).ok()?;
    let modules = code.width();
    let side = (modules + 2 * QUIET) * SCALE;
    let mut pixels = vec![255_u8; side * side];
    let mut fill = |from: usize, to: usize, top: usize, bottom: usize, grey: u8| {
        (top..bottom).for_each(|row| pixels[row * side + from..row * side + to].fill(grey));
    };
    for (at, color) in code.into_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = ((at % modules + QUIET) * SCALE, (at / modules + QUIET) * SCALE);
            fill(x, x + SCALE, y, y + SCALE, 0);
        }
    }
    // The picture in the middle, a fifth of the side, with white around it.
    let (middle, half) = (side / 2, modules * SCALE / 10);
    fill(middle - half, middle + half, middle - half, middle + half, 255);
    fill(middle - half + SCALE, middle + half - SCALE, middle - half + SCALE, middle + half - SCALE, 120);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(out)
}
