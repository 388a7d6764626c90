//! Bytes that look random and are the same in every run.

/// This many of them: what gets lost, doubled or swapped in such data shows.
#[must_use]
pub fn noise(length: usize) -> Vec<u8> {
    // Marsaglia's xorshift64.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&words.next().unwrap_or_default());
    }
    bytes.truncate(length);
    bytes
}
