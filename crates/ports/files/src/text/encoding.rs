//! Which characters the bytes stand for.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use crate::FileError;

/// Bytes from the first non-ASCII one that the guess is based on.
pub(crate) const SAMPLE_BYTES: usize = 64 << 10;

/// The encoding a label names. GBK and GB2312 are read as GB18030, which contains them.
pub(crate) fn by_label(label: &str) -> Result<&'static Encoding, FileError> {
    match Encoding::for_label_no_replacement(label.trim().as_bytes()) {
        Some(found) if found == GBK => Ok(GB18030),
        Some(found) => Ok(found),
        None => Err(FileError::UnknownEncoding { label: label.into() }),
    }
}

/// UTF-16 by its mark, or by the zero bytes that ASCII characters leave in it.
pub(crate) fn wide_encoding(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xFF, 0xFE, ..] => return Some(UTF_16LE),
        [0xFE, 0xFF, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let pairs = head.chunks_exact(2);
    let count = pairs.len();
    let high_first = pairs.clone().filter(|p| p[0] == 0 && p[1] != 0).count();
    let high_last = pairs.filter(|p| p[1] == 0 && p[0] != 0).count();
    // A table has at least its delimiters and line ends in ASCII: one character in ten.
    let enough = |n: usize| count >= 4 && n * 10 >= count;
    if enough(high_last) && high_first * 20 < high_last {
        Some(UTF_16LE)
    } else if enough(high_first) && high_last * 20 < high_first {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Decides for a sample that starts near its first non-ASCII byte. `whole` says that nothing follows the sample.
pub(crate) fn decide(sample: &[u8], whole: bool) -> &'static Encoding {
    if mostly_utf8(sample, whole) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, whole);
    let open = detector.guess(None, Utf8Detection::Deny);
    let guess = if open == BIG5 || open == SHIFT_JIS || open == EUC_JP || open == EUC_KR {
        // Short Chinese samples often look like another double-byte encoding as well; prefer Chinese on a tie.
        prefer_common_han(sample, open)
    } else if open.is_single_byte() {
        if looks_double_byte(sample) { detector.guess(Some(b"cn"), Utf8Detection::Deny) } else { open }
    } else {
        open
    };
    if guess == GBK { GB18030 } else { guess }
}

/// True for strict UTF-8 and for UTF-8 with a few broken places, which then become row errors.
/// In other encodings broken places outnumber accidental multi-byte characters by far.
fn mostly_utf8(sample: &[u8], whole: bool) -> bool {
    let (mut good, mut broken) = (0usize, 0usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        if !chunk.invalid().is_empty() {
            broken += 1;
        }
    }
    let cut = !whole && std::str::from_utf8(sample).is_err_and(|e| e.error_len().is_none());
    let broken = broken - usize::from(cut && broken > 0);
    broken == 0 || good >= broken * 4
}

/// Runs of two or more high bytes are normal in Chinese text and rare in Western European text.
fn looks_double_byte(sample: &[u8]) -> bool {
    let (mut high, mut in_runs, mut run) = (0usize, 0usize, 0usize);
    for &b in sample.iter().chain(std::iter::once(&0)) {
        if b >= 0x80 {
            run += 1;
            continue;
        }
        high += run;
        if run >= 2 {
            in_runs += run;
        }
        run = 0;
    }
    in_runs * 10 >= high * 7
}

/// Keeps `guess` unless the sample is clean GB18030 with a clearly larger share of everyday Chinese characters.
fn prefer_common_han(sample: &[u8], guess: &'static Encoding) -> &'static Encoding {
    match (everyday_share(sample, guess), everyday_share(sample, GB18030)) {
        (None, Some(_)) => GB18030,
        (Some(theirs), Some(ours)) if ours >= 0.5 && ours > theirs + 0.2 => GB18030,
        _ => guess,
    }
}

/// Share of non-ASCII characters that are usual in tables of the encoding; None when bytes do not decode.
fn everyday_share(sample: &[u8], encoding: &'static Encoding) -> Option<f64> {
    // The last bytes may be half a character.
    let whole = &sample[..sample.len().saturating_sub(3).max(sample.len().min(1))];
    let (text, _, _) = encoding.decode(whole);
    let (mut all, mut usual, mut broken) = (0usize, 0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        all += 1;
        match c {
            '\u{fffd}' => broken += 1,
            _ => usual += usize::from(is_everyday(c, encoding)),
        }
    }
    (broken <= 1 && all > 0).then(|| usual as f64 / all as f64)
}

/// Level-one characters of the national sets are the everyday ones; their code ranges tell them apart.
fn is_everyday(c: char, encoding: &'static Encoding) -> bool {
    let mut utf8 = [0u8; 4];
    let (bytes, _, bad) = encoding.encode(c.encode_utf8(&mut utf8));
    if bad || bytes.len() != 2 {
        return false;
    }
    let lead = bytes[0];
    if encoding == GB18030 {
        (0xB0..=0xD7).contains(&lead) && bytes[1] >= 0xA1
    } else if encoding == BIG5 {
        (0xA4..=0xC6).contains(&lead)
    } else if encoding == SHIFT_JIS {
        (0x82..=0x83).contains(&lead) || (0x88..=0x97).contains(&lead)
    } else if encoding == EUC_JP {
        (0xA4..=0xA5).contains(&lead) || (0xB0..=0xCF).contains(&lead)
    } else {
        (0xB0..=0xC8).contains(&lead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, WINDOWS_1252};

    #[test]
    fn usual_tables_are_told_apart() {
        let zh = [
            "手机号,姓名\n",
            "姓名\n",
            "订单号,商品名称,数量,金额,门店\n1001,旺仔牛奶,2,15.80,上海南京西路店\n",
            "王小明,13800138000,会员\n李娜,13900139000,普通\n张伟,1,女\n",
            "客户名称,最近到店时间,备注\n刘洋,2024-01-02,喜欢红色连衣裙\n",
        ];
        for text in zh {
            let (bytes, _, _) = GB18030.encode(text);
            assert_eq!(decide(&bytes, true), GB18030, "{text}");
        }
        let tw = "訂單編號,商品名稱,數量,金額,門市\n1001,鳳梨酥禮盒,2,580,臺北信義店\n王小明,會員,電話號碼\n";
        assert_eq!(decide(&BIG5.encode(tw).0, true), BIG5);
        let jp = "注文番号,商品名,数量,金額\n1001,チョコレート,2,580\n山田太郎,東京都新宿区,お客様\n";
        assert_eq!(decide(&SHIFT_JIS.encode(jp).0, true), SHIFT_JIS);
        let fr = "prénom,ville,numéro\nHélène,Orléans,1\nZoë,Besançon,2\nJosé,Málaga,3\n";
        assert_eq!(decide(&WINDOWS_1252.encode(fr).0, true), WINDOWS_1252);
        assert_eq!(decide("姓名".as_bytes(), true), UTF_8);
        assert_eq!(decide(&"姓名".as_bytes()[..5], false), UTF_8);
    }

    #[test]
    fn one_broken_place_does_not_change_the_encoding() {
        let mut bytes = "姓名,手机号,备注,城市\n王小明,1,喜欢红色,上海\n".as_bytes().to_vec();
        bytes.extend(b"\xD6,x\n");
        assert_eq!(decide(&bytes, true), UTF_8);
    }

    #[test]
    fn utf16_without_a_mark_is_seen() {
        let le: Vec<u8> = "姓名,id\n王,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = "name,id\nx,1\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(wide_encoding(&le), Some(UTF_16LE));
        assert_eq!(wide_encoding(&be), Some(UTF_16BE));
        assert_eq!(wide_encoding(b"name,id\nx,1\n"), None);
    }

    #[test]
    fn labels_are_forgiving_but_not_guessing() {
        assert_eq!(by_label(" GBK ").ok(), Some(GB18030));
        assert_eq!(by_label("klingon").unwrap_err().code(), "encoding_unknown");
    }
}
