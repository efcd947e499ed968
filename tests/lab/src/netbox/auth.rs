//! Tokens: version 1, forty hexadecimal digits, and from 4.5 on version 2, a key with a secret.

/// The tokens that are valid.
#[derive(Clone)]
pub(crate) struct Access {
    /// 40 hexadecimal digits.
    pub(crate) v1: String,
    /// `nbt_<12>.<40>`.
    pub(crate) v2: String,
}

impl Access {
    /// New tokens.
    pub(crate) fn new() -> Self {
        let bytes: [u8; 20] = rand::random();
        Self { v1: crate::web::hex(&bytes), v2: format!("nbt_{}.{}", letters(12), letters(40)) }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Access").finish_non_exhaustive()
    }
}

/// Why a request is refused, in the server's words.
pub(super) fn check(access: &Access, minor: u8, header: Option<&str>) -> Result<(), String> {
    const MISSING: &str = "Authentication credentials were not provided.";
    let words: Vec<&str> = header.unwrap_or_default().split_whitespace().collect();
    let keyword = words.first().map(|word| word.to_lowercase());
    let known = match keyword.as_deref() {
        Some("token") => true,
        Some("bearer") => minor >= 5,
        _ => false,
    };
    if !known {
        return Err(MISSING.to_owned());
    }
    let [_, token] = words[..] else {
        return Err("Invalid authorization header: Must be in the form \"Bearer <key>.<token>\" or \"Token <token>\"".to_owned());
    };
    if minor < 5 {
        return if token == access.v1 { Ok(()) } else { Err("Invalid token".to_owned()) };
    }
    let (version, wanted) =
        if token.starts_with("nbt_") { (2, &access.v2) } else { (1, &access.v1) };
    if version == 2 && !token.contains('.') {
        return Err("Invalid authorization header: Could not parse key from v2 token. Did you mean to use 'Token' instead of 'Bearer'?".to_owned());
    }
    if token == wanted { Ok(()) } else { Err(format!("Invalid v{version} token")) }
}

fn letters(count: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = || LETTERS[usize::from(rand::random::<u8>()) % LETTERS.len()] as char;
    std::iter::repeat_with(letter).take(count).collect()
}
