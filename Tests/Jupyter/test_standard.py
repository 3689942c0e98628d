# SPDX-License-Identifier: Apache-2.0
"""The test suite for Jupyter kernels of the Jupyter project (jupyter_kernel_test), without skips."""

import unittest

import pytest

pytest.importorskip("jupyter_kernel_test")
import jupyter_kernel_test as jkt  # noqa: E402


@pytest.fixture(autouse=True, scope="module")
def installed(kernel_home):
    """The kernel must be installed before the suite looks for it by its name."""


class SmapKernelTests(jkt.KernelTests):
    kernel_name = "smap"
    language_name = "smap"
    file_extension = ".smap"
    code_hello_world = 'print("hello, world")'
    code_stderr = ":time 1;"
    completion_samples = [
        {"text": "card.sam", "matches": ["sample"]},
        {"text": "smap.enc", "matches": ["encode"]},
    ]
    complete_code_samples = ["1 + 1", 'print("hello")', "fn f(x) {\n  x + 1\n}", "?zeros"]
    incomplete_code_samples = ["fn f(x) {", "[1, 2,", "let x ="]
    invalid_code_samples = ["let = 4", "1 +* 2"]
    code_page_something = "?zeros"
    code_generate_error = "[1, 2][7]"
    code_execute_result = [
        {"code": "1 + 2", "result": "3"},
        {"code": "[1, 2]", "result": "[1, 2]"},
        {"code": "image.grid(zeros(1, 3, 4, 4))", "mime": "image/png"},
        {"code": "plot.line([1, 2, 3])", "mime": "image/svg+xml"},
    ]
    code_display_data = [
        {"code": "show(image.grid(zeros(1, 3, 4, 4)))", "mime": "image/png"},
        {"code": "show(plot.line([1, 2, 3]))", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "1 ? 2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "zeros"
    code_clear_output = ":clear"


class SmapWelcomeTests(jkt.IopubWelcomeTests):
    kernel_name = "smap"
    support_iopub_welcome = True


