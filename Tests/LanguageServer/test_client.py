# SPDX-License-Identifier: Apache-2.0
"""`smap lsp` and an independent client: each response is parsed into the protocol's own types."""

import os
import pathlib

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMAP = os.environ.get("SMAP", str(ROOT / ".build/release/smap"))
URI = "file:///notes/notes.smap"
DOCUMENT = types.TextDocumentIdentifier(uri=URI)

pytestmark = pytest.mark.asyncio


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[SMAP, "lsp"]))
async def client(lsp_client: LanguageClient):
    result = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(
                general=types.GeneralClientCapabilities(
                    position_encodings=[types.PositionEncodingKind.Utf16]
                ),
                text_document=types.TextDocumentClientCapabilities(
                    hover=types.HoverClientCapabilities(
                        content_format=[types.MarkupKind.Markdown]
                    ),
                ),
            )
        )
    )
    lsp_client.abilities = result.capabilities
    yield
    await lsp_client.shutdown_session()


async def show(client, text):
    """Opens a script and waits for the server's findings."""
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(uri=URI, language_id="smap", version=1, text=text)
        )
    )
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    return list(client.diagnostics[URI])


async def change(client, text, version=2):
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=URI, version=version),
            content_changes=[types.TextDocumentContentChangeWholeDocument(text=text)],
        )
    )
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    return list(client.diagnostics[URI])


def applied(text, edits):
    """A text of ASCII characters after edits, which do not overlap."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:count])) for count in range(len(lines) + 1)]

    def offset(place):
        return min(starts[min(place.line, len(lines))] + place.character, len(text))

    for edit in sorted(edits, key=lambda edit: offset(edit.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


async def test_initialize(client):
    assert client.abilities.position_encoding == types.PositionEncodingKind.Utf16
    assert client.abilities.hover_provider
    assert client.abilities.document_formatting_provider
    assert list(client.abilities.completion_provider.trigger_characters) == ["."]


async def test_findings_come_and_go(client):
    found = await show(client, 'let t = "\N{SMILING FACE WITH OPEN MOUTH}" + naem\n')
    assert [(item.severity, item.code) for item in found] == [
        (types.DiagnosticSeverity.Error, "unknown-name")
    ]
    assert "naem" in found[0].message
    # The emoji counts as two UTF-16 units.
    assert found[0].range == types.Range(types.Position(0, 15), types.Position(0, 19))
    found = await change(client, "let x = (1 +\n")
    assert [item.code for item in found] == ["syntax"]
    assert await change(client, "let x = 1\nprint(x)\n", version=3) == []


async def test_hover(client):
    await show(client, "let x = zeros(2, 3)\nprint(softmax(x, dim = 0))\n")
    answer = await client.text_document_hover_async(
        types.HoverParams(text_document=DOCUMENT, position=types.Position(1, 8))
    )
    assert answer.contents.kind == types.MarkupKind.Markdown
    assert "softmax(" in answer.contents.value
    answer = await client.text_document_hover_async(
        types.HoverParams(text_document=DOCUMENT, position=types.Position(0, 4))
    )
    assert "[2, 3]" in answer.contents.value


async def test_completion_after_a_dot(client):
    await show(client, "let x = zeros(2, 3)\nx.\n")
    answer = await client.text_document_completion_async(
        types.CompletionParams(text_document=DOCUMENT, position=types.Position(1, 2))
    )
    items = answer if isinstance(answer, list) else answer.items
    labels = {item.label for item in items}
    assert {"shape", "sum", "reshape"} <= labels
    assert "let" not in labels and "print" not in labels


async def test_signature_help(client):
    await show(client, "fn add(first, second = 2) = first + second\nadd(1, )\n")
    answer = await client.text_document_signature_help_async(
        types.SignatureHelpParams(text_document=DOCUMENT, position=types.Position(1, 7))
    )
    [signature] = answer.signatures
    assert signature.label == "add(first, second = 2)"
    assert len(signature.parameters) == 2
    assert 1 in (answer.active_parameter, signature.active_parameter)


async def test_definition(client):
    await show(client, "let depth = 3\nfn f() = depth\nprint(f())\n")
    answer = await client.text_document_definition_async(
        types.DefinitionParams(text_document=DOCUMENT, position=types.Position(1, 10))
    )
    [place] = answer
    assert place.uri == URI
    assert place.range == types.Range(types.Position(0, 4), types.Position(0, 9))


async def test_rename(client):
    text = "let depth = 3\nfn f(depth) = depth + 1\nprint(f(depth = depth))\n"
    await show(client, text)
    answer = await client.text_document_rename_async(
        types.RenameParams(
            new_name="levels", text_document=DOCUMENT, position=types.Position(0, 5)
        )
    )
    assert applied(text, answer.changes[URI]) == (
        "let levels = 3\nfn f(depth) = depth + 1\nprint(f(depth = levels))\n"
    )
    with pytest.raises(JsonRpcException, match="not a name"):
        await client.text_document_rename_async(
            types.RenameParams(
                new_name="no name", text_document=DOCUMENT, position=types.Position(0, 5)
            )
        )


async def test_formatting(client):
    options = types.FormattingOptions(tab_size=8, insert_spaces=False)
    text = "# A note.\nlet x=1\nif x>0 {\nprint( x )\n}\nprint(x)"
    await show(client, text)
    answer = await client.text_document_formatting_async(
        types.DocumentFormattingParams(text_document=DOCUMENT, options=options)
    )
    wanted = "# A note.\nlet x = 1\nif x > 0 {\n  print(x)\n}\nprint(x)\n"
    assert applied(text, answer) == wanted
    await change(client, wanted)
    answer = await client.text_document_formatting_async(
        types.DocumentFormattingParams(text_document=DOCUMENT, options=options)
    )
    assert list(answer) == []
    await change(client, "let x = (1 +\n", version=3)
    with pytest.raises(JsonRpcException, match="not laid out"):
        await client.text_document_formatting_async(
            types.DocumentFormattingParams(text_document=DOCUMENT, options=options)
        )


async def test_unknown_method(client):
    with pytest.raises(JsonRpcException) as caught:
        await client.protocol.send_request_async("smap/noSuchMethod", {})
    assert caught.value.code == types.ErrorCodes.MethodNotFound.value
    # The session continues.
    assert await show(client, "print(1)\n") == []


async def test_folding(client):
    await show(client, "fn f(x) {\n  let y = x\n  y + 1\n}\nprint(f(1))\n")
    [fold] = await client.text_document_folding_range_async(
        types.FoldingRangeParams(text_document=DOCUMENT)
    )
    assert (fold.start_line, fold.end_line) == (0, 2)


async def test_semantic_tokens(client):
    await show(client, "let depth = 3\nprint(depth)\n")
    legend = client.abilities.semantic_tokens_provider.legend
    answer = await client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(text_document=DOCUMENT)
    )
    data = list(answer.data)
    tokens = [data[start : start + 5] for start in range(0, len(data), 5)]
    assert [token[:3] for token in tokens] == [[0, 4, 5], [1, 0, 5], [0, 6, 5]]
    kinds = [legend.token_types[token[3]] for token in tokens]
    assert kinds == ["variable", "function", "variable"]
    marks = [
        {name for bit, name in enumerate(legend.token_modifiers) if token[4] >> bit & 1}
        for token in tokens
    ]
    assert marks == [{"declaration"}, {"defaultLibrary"}, set()]


async def test_outline_and_uses(client):
    await show(client, "fn f(x) = x\nlet y = f(1)\nprint(f(y))\n")
    outline = await client.text_document_document_symbol_async(
        types.DocumentSymbolParams(text_document=DOCUMENT)
    )
    # The client has not declared support for trees.
    assert [item.name for item in outline] == ["f", "y"]
    assert all(isinstance(item, types.SymbolInformation) for item in outline)
    uses = await client.text_document_references_async(
        types.ReferenceParams(
            context=types.ReferenceContext(include_declaration=True),
            text_document=DOCUMENT,
            position=types.Position(0, 3),
        )
    )
    assert sorted((use.range.start.line, use.range.start.character) for use in uses) == [
        (0, 3),
        (1, 8),
        (2, 6),
    ]
    marks = await client.text_document_document_highlight_async(
        types.DocumentHighlightParams(text_document=DOCUMENT, position=types.Position(1, 4))
    )
    assert [mark.kind for mark in marks] == [
        types.DocumentHighlightKind.Write,
        types.DocumentHighlightKind.Read,
    ]
