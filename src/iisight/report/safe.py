"""Make text of the evidence safe to show: nothing in it moves a cursor, turns the writing direction or hides."""

import re

# Printable by the Unicode database, and yet nothing is seen: grapheme joiner, Hangul fillers, Khmer inherent vowels,
# Mongolian and other variation selectors, Braille blank (Unicode, DerivedCoreProperties, Default_Ignorable_Code_Point).
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def escape(text: str) -> str:
    r"""Return `text` with everything that is not seen as itself written out: `\x1b`, `\u202e`.

    Control and format characters, lone surrogates, separators other than the space, unassigned and private
    characters are written out. Letters of any script stay as they are. Applying it twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if is_seen(c) else _written_out(c) for c in text)


def is_seen(character: str) -> bool:
    """Tell whether a character shows on a screen as itself, and does nothing else there."""
    return character.isprintable() and not _UNSEEN.match(character)


def encodable(text: str, encoding: str | None) -> str:
    r"""Return `text` with what `encoding` does not have written out (`\xe9`); None takes everything."""
    if encoding is None or text.isascii():
        return text
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _written_out(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
