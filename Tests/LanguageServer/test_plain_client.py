# SPDX-License-Identifier: Apache-2.0
"""`smap lsp` and clients that understand no Markdown, or count columns otherwise."""

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from test_client import DOCUMENT, SMAP, show

pytestmark = pytest.mark.asyncio


async def start(lsp_client, encoding):
    result = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(
                general=types.GeneralClientCapabilities(position_encodings=[encoding]),
                text_document=types.TextDocumentClientCapabilities(
                    hover=types.HoverClientCapabilities(
                        content_format=[types.MarkupKind.PlainText]
                    ),
                    completion=types.CompletionClientCapabilities(
                        completion_item=types.ClientCompletionItemOptions(
                            documentation_format=[types.MarkupKind.PlainText]
                        )
                    ),
                ),
            )
        )
    )
    assert result.capabilities.position_encoding == encoding


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=[SMAP, "lsp"]),
    params=[
        (types.PositionEncodingKind.Utf8, 13),
        (types.PositionEncodingKind.Utf16, 11),
        (types.PositionEncodingKind.Utf32, 10),
    ],
)
async def client(request, lsp_client: LanguageClient):
    encoding, lsp_client.column = request.param
    await start(lsp_client, encoding)
    yield
    await lsp_client.shutdown_session()


async def test_plain_words(client):
    await show(client, "print(1)\n")
    answer = await client.text_document_hover_async(
        types.HoverParams(text_document=DOCUMENT, position=types.Position(0, 1))
    )
    assert answer.contents.kind == types.MarkupKind.PlainText
    assert "print(" in answer.contents.value
    assert "`" not in answer.contents.value
    items = await client.text_document_completion_async(
        types.CompletionParams(text_document=DOCUMENT, position=types.Position(0, 3))
    )
    written = [item.documentation for item in items if item.documentation]
    assert written and all(item.kind == types.MarkupKind.PlainText for item in written)


async def test_columns(client):
    [found] = await show(client, 'print("\N{SMILING FACE WITH OPEN MOUTH}",naem)\n')
    assert found.range.start.character == client.column
