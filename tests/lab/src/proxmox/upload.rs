//! Takes a multipart upload apart as narrowly as the server does: the parts come in the order
//! content, checksum-algorithm, checksum, filename, with the header spelled one way.

use bytes::Bytes;

use super::error::ApiError;
use super::params::Params;

const ORDER: [&str; 3] = ["content", "checksum-algorithm", "checksum"];

/// Reads parameters and file of an upload.
///
/// # Errors
/// 400 without a body for an unexpected part; 500 for a form that the server cannot follow.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Result<(Params, Option<Bytes>), ApiError> {
    let boundary = content_type.split("boundary=").nth(1).unwrap_or_default().trim();
    let delimiter = format!("--{boundary}");
    let mut params = Params::default();
    let mut position = 0;
    let mut at = match find(body, delimiter.as_bytes(), 0) {
        Some(0) => delimiter.len(),
        Some(_) | None => return Err(failed()),
    };
    loop {
        let rest = &body[at..];
        if !rest.starts_with(b"\r\n") {
            return Err(failed());
        }
        let start = at + 2;
        let head_end = find(body, b"\r\n\r\n", start).ok_or_else(failed)?;
        let head = String::from_utf8_lossy(&body[start..head_end]);
        let disposition = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Disposition: form-data;"))
            .ok_or_else(failed)?;
        let name = quoted(disposition, " name=\"").ok_or_else(failed)?;
        let value_start = head_end + 4;
        let closing = format!("\r\n{delimiter}");
        let value_end = find(body, closing.as_bytes(), value_start).ok_or_else(failed)?;
        let value = body.slice(value_start..value_end);
        if let Some(file) = quoted(disposition, " filename=\"") {
            if name != "filename" {
                let text = format!(
                    "wrong field name '{name}' for file upload, expected 'filename' at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 1325."
                );
                return Err(ApiError::internal(text));
            }
            if file.is_empty() {
                return Err(failed());
            }
            params.set("filename", file);
            let number: u128 = rand::random();
            params.set("tmpfilename", format!("/var/tmp/pveupload-{number:032x}"));
            return Ok((params, Some(value)));
        }
        let place = ORDER.iter().position(|known| *known == name);
        match place {
            Some(place) if place >= position => position = place + 1,
            Some(_) | None => {
                return Err(ApiError { bare: true, ..ApiError::new(400, "Bad Request") });
            }
        }
        params.set(name, String::from_utf8_lossy(&value).into_owned());
        at = value_end + closing.len();
        if body[at..].starts_with(b"--") {
            return Err(failed());
        }
    }
}

fn failed() -> ApiError {
    ApiError::internal("upload failed at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 1370.")
}

fn quoted(text: &str, start: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once('"')?.0.to_owned())
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(parts: &[(&str, &str)]) -> Bytes {
        let mut text = String::new();
        for (head, value) in parts {
            text.push_str(&format!(
                "--B\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n"
            ));
        }
        text.push_str("--B--\r\n");
        text.into()
    }

    #[test]
    fn parts_are_taken_in_their_order_only() {
        let content = ("name=\"content\"", "iso");
        let checksum = ("name=\"checksum\"", "aa");
        let algorithm = ("name=\"checksum-algorithm\"", "md5");
        let file = ("name=\"filename\"; filename=\"x.iso\"", "data");
        let body = form(&[content, algorithm, checksum, file]);
        let (params, data) = parse("multipart/form-data; boundary=B", &body).unwrap();
        assert_eq!(params.get("filename"), Some("x.iso"));
        assert_eq!(data.unwrap(), "data");
        let body = form(&[content, checksum, algorithm, file]);
        assert_eq!(parse("multipart/form-data; boundary=B", &body).unwrap_err().status, 400);
        let body = form(&[content]);
        assert_eq!(parse("multipart/form-data; boundary=B", &body).unwrap_err().status, 500);
    }
}
