"""Sentences of many alphabets, in the bytes that label them."""

FRENCH, CYRILLIC, CZECH, CHINESE, JAPANESE, KOREAN, TURKISH, WESTERN = (
    "L’œuvre d’un collège – 3 € par élève…", "Отдел культуры", "Příliš žluťoučký kůň", "公共创新 实验室", "公共の革新ラボ", "공공 혁신", "İçişleri ığdır şehir", "L'été à Évreux, où ça naît",
)  # fmt: skip
# Label, Python's name for the bytes, what is written: twelve encodings, and labels that mean another one (Encoding Standard §4.2).
ENCODINGS = (
    ("utf-8", "utf-8", FRENCH), ("windows-1252", "cp1252", FRENCH), ("iso-8859-1", "cp1252", FRENCH), ("us-ascii", "cp1252", FRENCH),
    ("latin1", "cp1252", WESTERN), ("iso-8859-15", "iso8859-15", "L’œuvre à 3 €".replace("’", "'")), ("windows-1250", "cp1250", CZECH),
    ("windows-1251", "cp1251", CYRILLIC), ("koi8-r", "koi8-r", CYRILLIC), ("iso-8859-9", "cp1254", TURKISH), ("gb2312", "gb18030", CHINESE),
    ("shift_jis", "cp932", JAPANESE), ("euc-kr", "cp949", KOREAN), ("macintosh", "mac_roman", WESTERN), ("iso-8859-2", "iso8859-2", CZECH),
)  # fmt: skip
IDS = [label for label, _, _ in ENCODINGS]


def page(text, encoding, meta=""):
    told = f'<meta charset="{meta}">' if meta else ""
    return f"<html><head>{told}<title>x</title></head><body><p>{text}</p></body></html>".encode(encoding)
