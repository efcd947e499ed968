//! Takes a multipart form apart.

use bytes::Bytes;

/// One part of a form.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) data: Bytes,
}

/// Parts of a form; `None` where it is malformed.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = content_type.split_once("boundary=")?.1.split(';').next()?.trim();
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let closing = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    let mut at = find(body, delimiter.as_bytes(), 0)? + delimiter.len();
    loop {
        if body.get(at..at + 2)? == b"--" {
            return Some(parts);
        }
        let head_end = find(body, b"\r\n\r\n", at)?;
        let head = String::from_utf8_lossy(&body[at..head_end]).into_owned();
        let disposition = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("content-disposition"))?;
        let end = find(body, closing.as_bytes(), head_end + 2)?;
        parts.push(Part {
            name: parameter(disposition, "name")?,
            file_name: parameter(disposition, "filename"),
            data: body.slice((head_end + 4).min(end)..end),
        });
        at = end + closing.len();
    }
}

fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim_matches('"').to_owned())
    })
}

fn find(data: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = data.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_apart() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"UpdateParameters\"\r\n\r\n{}\r\n--b\r\nContent-Disposition: form-data; name=\"UpdateFile\"; filename=\"a.EXE\"\r\nContent-Type: application/octet-stream\r\n\r\nMZ\r\n\r\n--b--\r\n";
        let parts = parse("multipart/form-data; boundary=b", &Bytes::from(body)).unwrap();
        assert_eq!(parts[0].data, "{}");
        assert_eq!(parts[1].file_name.as_deref(), Some("a.EXE"));
        assert_eq!(parts[1].data, "MZ\r\n");
        assert!(parse("multipart/form-data; boundary=c", &Bytes::from(body)).is_none());
    }
}
