"""What pages load, those of the desk too, is understood by browsers of 2019 (scripts) and by Chrome 109 (styles).

Chrome 109 is the last for Windows 7, which libraries still have. Pygments, which nbconvert brings, reads the scripts.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from pygments.lexers.javascript import JavascriptLexer
from pygments.token import Comment, Name, Number, Operator, Punctuation, String

from ecitizen import content

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "course" / "ecitizen" / "web"
NEWER_OPERATORS = ("?.", "??", "&&=", "||=", "??=")
NEWER_NAMES = {
    "globalThis", "BigInt", "WeakRef", "FinalizationRegistry", "AggregateError", "structuredClone", "matchAll",
    "replaceAll", "allSettled", "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "hasOwn", "groupBy",
    "withResolvers", "randomUUID", "hasIndices", "isSubsetOf", "fromAsync",
}  # fmt: skip
NEWER_STYLES = [
    r"@scope\b", r"@starting-style\b", r"@view-transition\b", r"@position-try\b",
    r"\bcolor-mix\(", r"\boklch\(", r"\boklab\(", r"\blch\(", r"\blab\(", r"\blight-dark\(", r"\blinear\(",
    r"\bsubgrid\b", r"\btext-wrap\s*:", r"\bfield-sizing\b", r"\banchor-name\b", r"\binterpolate-size\b",
    r"\bposition-anchor\b",
    r":popover-open\b", r":user-(?:in)?valid\b", r":state\(", r":open\b", r"\d[dls]v(?:i|b)\b", r"\bif\(",
]  # fmt: skip


def page_files() -> dict[str, str]:
    """Give what pages load, by name."""
    script, style = content.joined(ROOT / "widgets", PAGES / "static" / "lesson-page")
    found = {one.name.split(".")[-1]: gzip.decompress(one.zipped).decode() for one in (script, style)}
    named = {f"page.{kind}": text for kind, text in found.items()}
    own = [path for path in (PAGES / "static").iterdir() if path.suffix in {".js", ".css"}]
    return named | {path.name: path.read_text(encoding="utf-8") for path in own}


def newer_script(text: str) -> list[str]:
    """Name what of a script is newer than ES2019, with its line."""
    found = []
    tokens = [one for one in JavascriptLexer().get_tokens(text) if one[1]]
    line, before, braces, begins_class = 1, "", [], False
    for place, (kind, value) in enumerate(tokens):
        word = value.strip()
        line += value.count("\n")
        if kind in Comment or not word:
            continue
        after = "".join(one for _, one in tokens[place + 1 : place + 4]).strip()
        mark = kind in Operator or kind in Punctuation
        in_class = bool(braces) and braces[-1]
        newer = (
            (mark and (word.startswith(NEWER_OPERATORS) or (word == "?" and re.match(r"\.\D|\?", after))))
            or (kind in Name and word in NEWER_NAMES)
            or (kind in Name and word == "at" and before == "." and after.startswith("("))
            or (kind in Number and ("_" in word or word.endswith("n") or after.startswith("_")))
            or (word.startswith("#") and kind not in String)
            or (word == "import" and after.startswith(("(", ".")))
            or (in_class and word == "static" and after.startswith("{"))
            or (in_class and mark and word in {"=", ";"} and before not in {"}", ";"})
        )
        if newer:
            found.append(f"{line}: {word} {after[:10]}")
        begins_class = begins_class or (
            word == "class" and kind not in String and before != "." and not after.startswith(":")
        )
        if mark and word == "{":
            braces.append(begins_class)
            begins_class = False
        elif mark and word == "}" and braces:
            braces.pop()
        before = word
    return found


def newer_style(text: str) -> list[str]:
    """Name what of a style sheet is newer than Chrome 109: nested rules too."""
    bare = re.sub(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'", "", text, flags=re.DOTALL)
    found = [match[0] for pattern in NEWER_STYLES for match in re.finditer(pattern, bare)]
    inside: list[bool] = []
    for head, mark in re.findall(r"([^{};]*)([{};])", bare):
        if mark == "{":
            if inside and inside[-1]:
                found.append(f"nested: {head.strip()}")
            inside.append(not head.strip().startswith("@"))
        elif mark == "}" and inside:
            inside.pop()
    return found


@pytest.mark.parametrize("name", [name for name in page_files() if name.endswith(".js")])
def test_scripts_are_of_2019(name: str) -> None:
    assert newer_script(page_files()[name]) == []


@pytest.mark.parametrize("name", [name for name in page_files() if name.endswith(".css")])
def test_styles_are_understood_by_chrome_109(name: str) -> None:
    assert newer_style(page_files()[name]) == []


def test_inline_scripts_are_of_2019() -> None:
    template = (ROOT / "widgets/template/voila/templates/ecitizen/index.html.j2").read_text(encoding="utf-8")
    for script in re.findall(r"<script>(.*?)</script>", template, flags=re.DOTALL):
        assert newer_script(re.sub(r"\{\{.*?\}\}", "[]", script, flags=re.DOTALL)) == []


@pytest.mark.parametrize(
    "script",
    [
        "const a = b?.c;", "const a = b ?? c;", "a ??= 1;", "a ||= 1;", "class A { #b = 1; }", "class A { b = 1; }",
        "class A { static { go(); } }", "const last = list.at(-1);", 'text.replaceAll("a", "b");', "const big = 10n;",
        "const much = 1_000;", 'import("./x.js");', "const here = import.meta.url;", "structuredClone(a);",
        "globalThis.a = 1;", "a?.[0];", "a?.(1);",
    ],
)  # fmt: skip
def test_newer_scripts_are_found(script: str) -> None:
    assert newer_script(script)


@pytest.mark.parametrize(
    "script",
    [
        "const a = b ? .5 : c;", "const { at } = a; at(1);",
        "const a = { class: b }; a = 1;", "class A { b() { let c = 1; c = 2; return c; } get d() { return 1; } }",
        'const s = "a?.b ?? c";', "const s = `${a}?.${b}`;", "// a?.b", "/a??b/.test(c);", "const f = ({ ...a }) => a;",
    ],
)  # fmt: skip
def test_older_scripts_are_let_through(script: str) -> None:
    assert newer_script(script) == []


@pytest.mark.parametrize(
    ("style", "fine"),
    [
        ("@container page (min-width:44em){.a{color:red}}", True),
        (".a:has(.b){height:100dvh}", True),
        (".a{color:red;.b{color:blue}}", False),
        (".a{& .b{color:blue}}", False),
        (".a{color:color-mix(in srgb,red,blue)}", False),
        (".a{text-wrap:balance}", False),
    ],
)
def test_newer_styles_are_found(style: str, fine: bool) -> None:
    assert (newer_style(style) == []) is fine
