//! A form with one file.

/// The body and its content type. `random` makes a boundary that the content does not contain.
pub(crate) fn file(field: &str, file_name: &str, content: &[u8], random: [u8; 16]) -> (Vec<u8>, String) {
    let boundary = format!("siyu-{:032x}", u128::from_be_bytes(random));
    // Quotes and line breaks would end the header; everything else, Chinese names too, goes as UTF-8.
    let safe: String =
        file_name.chars().map(|c| if c == '"' || c == '\\' || c.is_control() { '_' } else { c }).collect();
    let mut body = Vec::with_capacity(content.len() + 300);
    body.extend_from_slice(
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{safe}\"; filelength={}\r\n\
             Content-Type: {}\r\n\r\n",
            content.len(),
            content_type(&safe)
        )
        .as_bytes(),
    );
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (body, format!("multipart/form-data; boundary={boundary}"))
}

fn content_type(file_name: &str) -> &'static str {
    let end = file_name.rsplit_once('.').map_or(String::new(), |(_, end)| end.to_ascii_lowercase());
    match end.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "mp4" => "video/mp4",
        "amr" => "voice/amr",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}
