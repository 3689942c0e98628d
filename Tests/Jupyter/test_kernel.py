# SPDX-License-Identifier: Apache-2.0
"""What Jupyter's own suite leaves to a kernel: interrupts, input, progress, animations, aborted cells,
widgets, shutdown, and notebooks that nbclient executes."""

import os
import stat
import subprocess
import time

import pytest

TIMEOUT = 60


def execute(client, code, **options):
    """Runs a cell; its reply and what it has published, without its input and states."""
    identifier = client.execute(code, **options)
    return collect(client, identifier)


def collect(client, identifier):
    messages = []
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != identifier:
            continue
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
        if message["msg_type"] not in ("status", "execute_input"):
            messages.append(message)
    while True:
        reply = client.get_shell_msg(timeout=TIMEOUT)
        if reply["parent_header"]["msg_id"] == identifier:
            return reply["content"], messages


def result(client, code):
    """The text of the value of a cell."""
    reply, messages = execute(client, code)
    assert reply["status"] == "ok", reply
    return [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "execute_result"]


def test_names_and_the_answer_live_on(kernel):
    _, client = kernel
    assert result(client, "let x = 20") == []
    assert result(client, "x + 1") == ["21"]
    assert result(client, "ans * 2") == ["42"]
    assert result(client, "|> sqrt") and result(client, "1;") == []


def test_an_error_has_place_and_hint_and_the_session_survives(kernel):
    _, client = kernel
    reply, messages = execute(client, "let a = 1\nzeroos(3)")
    assert reply["status"] == "error" and reply["ename"] == "NameError"
    text = "\n".join(reply["traceback"])
    assert "[1]:2:1" in text and "zeros" in text
    assert [m["msg_type"] for m in messages] == ["error"]
    assert result(client, "2 + 2") == ["4"]


def test_an_interrupt_message_ends_a_loop_and_keeps_variables(kernel):
    manager, client = kernel
    result(client, "let kept = 5;")
    identifier = client.execute("while true { }")
    time.sleep(0.5)
    manager.interrupt_kernel()
    reply, _ = collect(client, identifier)
    assert reply["status"] == "error" and reply["ename"] == "Interrupt"
    assert result(client, "kept") == ["5"]
    # One that comes while nothing runs ends nothing.
    manager.interrupt_kernel()
    time.sleep(0.2)
    assert result(client, "kept + 1") == ["6"]


def test_cells_behind_a_failed_one_are_declined(kernel):
    _, client = kernel
    first = client.execute("let until = sys.clock() + 1\nwhile sys.clock() < until { }\n[1][9]")
    second = client.execute("let reached = true;")
    assert collect(client, first)[0]["status"] == "error"
    assert collect(client, second)[0]["status"] == "aborted"
    assert execute(client, "reached")[0]["status"] == "error"
    third = client.execute("[1][9]", stop_on_error=False)
    fourth = client.execute("1;")
    assert collect(client, third)[0]["status"] == "error"
    assert collect(client, fourth)[0]["status"] == "ok"


def test_input_asks_the_front_end(kernel):
    _, client = kernel
    identifier = client.execute('let name = input("Name? ")\nprint("hello {name}")', allow_stdin=True)
    question = client.get_stdin_msg(timeout=TIMEOUT)
    assert question["content"] == {"prompt": "Name? ", "password": False}
    client.input("Ada")
    reply, messages = collect(client, identifier)
    assert reply["status"] == "ok"
    assert [m["content"]["text"] for m in messages] == ["hello Ada\n"]
    reply, _ = execute(client, "input()", allow_stdin=False)
    assert reply["ename"] == "IOError"


def test_printed_lines_are_joined_and_complete(kernel):
    _, client = kernel
    reply, messages = execute(client, "for i in range(20000) { print(i) }")
    assert reply["status"] == "ok"
    assert "".join(m["content"]["text"] for m in messages) == "".join(f"{i}\n" for i in range(20000))
    assert len(messages) < 5000


def test_an_animation_is_one_display(kernel):
    _, client = kernel
    _, messages = execute(client, """
for i in range(4) { show(image.grid(full([1, 3, 4, 4], i / 4)), live = true) }
print("done")
""")
    assert [m["msg_type"] for m in messages][0] == "display_data"
    assert {m["msg_type"] for m in messages[1:-1]} == {"update_display_data"}
    displays = {m["content"]["transient"]["display_id"] for m in messages[:-1]}
    assert len(displays) == 1
    assert "image/png" in messages[-2]["content"]["data"]


def test_progress_updates_one_display(kernel):
    _, client = kernel
    reply, messages = execute(client, """
let tok = smap.tokenizer(image_size = 16, patch_size = 8, num_tokens = 4, token_dim = 4, width = 32, heads = 2,
  depth = 1, decoder_depth = 1, num_classes = 10, seed = 0)
let wait = fn(s) { let until = sys.clock() + 0.1
  while sys.clock() < until { } }
smap.train(tok, data.shapes(32, size = 16, seed = 1), steps = 20, batch_size = 16, seed = 0, on_step = wait);
""")
    assert reply["status"] == "ok", reply
    shown = [m for m in messages if "progress" in m["content"].get("data", {}).get("text/html", "")]
    assert shown[0]["msg_type"] == "display_data" and len(shown) > 2
    updates = [m for m in messages if m["msg_type"] == "update_display_data"]
    assert {m["content"]["transient"]["display_id"] for m in updates} == {
        shown[0]["content"]["transient"]["display_id"]}
    assert "training 20 of 20" in updates[-1]["content"]["data"]["text/plain"]


def opened(messages):
    return {m["content"]["comm_id"]: m["content"]["data"]["state"] for m in messages if m["msg_type"] == "comm_open"}


def comm_message(client, identifier, data):
    message = client.session.msg("comm_msg", {"comm_id": identifier, "data": data})
    client.shell_channel.send(message)
    found = []
    while True:
        answer = client.get_iopub_msg(timeout=TIMEOUT)
        if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if answer["content"].get("execution_state") == "idle":
            return found
        found.append(answer)


def test_a_slider_is_an_intslider_that_moves_its_frame(kernel):
    _, client = kernel
    _, messages = execute(client, 'slider("n", [0, 2, 4, 6], fn(n) = "n is {n}", start = 2)')
    models = opened(messages)
    identifier, slider = next((k, s) for k, s in models.items() if s["_model_name"] == "IntSliderModel")
    assert (slider["min"], slider["max"], slider["step"], slider["value"]) == (0, 6, 2, 2)
    for key in ("layout", "style"):
        assert slider[key].removeprefix("IPY_MODEL_") in models
    views = [m["content"]["data"] for m in messages if m["msg_type"] == "display_data"]
    assert views[0]["application/vnd.jupyter.widget-view+json"]["model_id"] == identifier
    assert "n is 2" in views[1]["text/plain"]
    display = messages[-1]["content"]["transient"]["display_id"]

    answers = comm_message(client, identifier, {"method": "update", "state": {"value": 6}, "buffer_paths": []})
    update = next(m for m in answers if m["msg_type"] == "update_display_data")
    assert "n is 6" in update["content"]["data"]["text/plain"]
    assert update["content"]["transient"]["display_id"] == display

    answers = comm_message(client, identifier, {"method": "request_state"})
    state = next(m for m in answers if m["msg_type"] == "comm_msg")["content"]["data"]["state"]
    assert state["value"] == 6
    # Values out of range, of other types, and unknown traits end nothing.
    for value in [-5, 99, 2.5, "x", None, [1], 10**30]:
        comm_message(client, identifier, {"method": "update", "state": {"value": value, "unknown": 1}})
    assert result(client, "1 + 1") == ["2"]


def test_other_axes_have_other_widgets(kernel):
    _, client = kernel
    _, messages = execute(client, 'grid2d("word", ["a", "b"], "budget", [1, 2, 8], fn(w, b) = "{w}{b}")')
    states = opened(messages)
    names = {s["_model_name"]: k for k, s in states.items()}
    assert states[names["DropdownModel"]]["_options_labels"] == ["a", "b"]
    assert states[names["SelectionSliderModel"]]["_options_labels"] == ["1", "2", "8"]
    comm_message(client, names["DropdownModel"], {"method": "update", "state": {"index": 1}})
    answers = comm_message(client, names["SelectionSliderModel"], {"method": "update", "state": {"index": 2}})
    update = next(m for m in answers if m["msg_type"] == "update_display_data")
    assert "b8" in update["content"]["data"]["text/plain"]


def test_a_later_front_end_gets_the_states_of_all_widgets(kernel):
    _, client = kernel
    _, messages = execute(client, 'slider("n", [1, 2], fn(n) = n)')
    models = opened(messages)
    message = client.session.msg("comm_open", {"comm_id": "c", "target_name": "jupyter.widget.control", "data": {}})
    client.shell_channel.send(message)
    answers = comm_message(client, "c", {"method": "request_states"})
    states = next(m for m in answers if m["msg_type"] == "comm_msg")["content"]["data"]["states"]
    assert set(states) == set(models)
    client.comm_info(target_name="jupyter.widget")
    reply = client.get_shell_msg(timeout=TIMEOUT)
    assert set(reply["content"]["comms"]) == set(models)


def test_completion_and_inspection_know_what_was_defined(kernel):
    _, client = kernel
    result(client, "## Doubles a number.\nfn twice(x) = 2 * x")
    client.complete("let y = twi", 11)
    reply = client.get_shell_msg(timeout=TIMEOUT)["content"]
    assert reply["matches"] == ["twice"] and (reply["cursor_start"], reply["cursor_end"]) == (8, 11)
    # Positions count code points, not bytes or UTF-16 units.
    client.complete('let 𝒳 = "é"; twi')
    assert client.get_shell_msg(timeout=TIMEOUT)["content"]["matches"] == ["twice"]
    client.inspect("twice(3", 7)
    reply = client.get_shell_msg(timeout=TIMEOUT)["content"]
    assert reply["found"] and "Doubles a number" in reply["data"]["text/plain"]
    client.inspect("nothing_of_that_name")
    assert not client.get_shell_msg(timeout=TIMEOUT)["content"]["found"]


def test_expressions_beside_a_cell(kernel):
    _, client = kernel
    reply, _ = execute(client, "let x = 3", user_expressions={"double": "2 * x", "bad": "y"})
    assert reply["user_expressions"]["double"]["data"]["text/plain"] == "6"
    assert reply["user_expressions"]["bad"]["ename"] == "NameError"


def test_silent_cells_publish_nothing_and_do_not_count(kernel):
    _, client = kernel
    reply, messages = execute(client, "1 + 1", silent=True)
    assert reply["execution_count"] == 0 and messages == []


def test_shutdown_ends_a_running_cell(kernel_home):
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="smap")
    client.execute("while true { }")
    time.sleep(0.3)
    process = manager.provisioner.process
    manager.request_shutdown()
    assert process.wait(timeout=TIMEOUT) == 0
    client.stop_channels()
    manager.cleanup_resources()


def test_a_termination_signal_and_the_end_of_the_front_end_end_the_kernel(smap, kernel_home, tmp_path):
    connection = tmp_path / "c.json"
    # A shell starts the kernel and ends at once: its parent is gone.
    script = f'{smap} kernel --connection-file {connection} & echo $!; sleep 1.5'
    write_connection(connection)
    environment = dict(os.environ, JPY_PARENT_PID="1")
    shell = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    kernel = int(shell.stdout.split()[0])
    for _ in range(100):
        if not os.path.exists(f"/proc/{kernel}") or open(f"/proc/{kernel}/stat").read().split()[2] == "Z":
            break
        time.sleep(0.1)
    else:
        os.kill(kernel, 9)
        pytest.fail("the kernel outlives its front end")


def write_connection(path, **changes):
    import json

    from jupyter_client.connect import write_connection_file

    write_connection_file(str(path), key=b"0123456789abcdef", ip="127.0.0.1")
    entries = json.loads(path.read_text())
    entries.update(changes)
    path.write_text(json.dumps(entries))
    path.chmod(0o600)


@pytest.mark.parametrize("changes, words", [
    ({"key": ""}, "no key"), ({"ip": "0.0.0.0"}, "this machine alone"), ({"ip": "127.0.0.999"}, "this machine"),
    ({"signature_scheme": "md5"}, "hmac-sha256"), ({"transport": "udp"}, "tcp or ipc"),
    ({"shell_port": 70000}, "shell_port"), ({"hb_port": "x"}, "hb_port"),
])
def test_connections_that_let_others_in_are_refused(smap, kernel_home, tmp_path, changes, words):
    path = tmp_path / "c.json"
    write_connection(path, **changes)
    run = subprocess.run([smap, "kernel", "--connection-file", path], capture_output=True, text=True, timeout=TIMEOUT)
    assert run.returncode == 65 and words in run.stderr


def test_damaged_connection_files(smap, kernel_home, tmp_path):
    path = tmp_path / "c.json"
    for content in ["", "{", "[]", "null", '{"key": 3}', "\x00" * 50, "[" * 1000]:
        path.write_text(content)
        run = subprocess.run([smap, "kernel", "-f", path], capture_output=True, text=True, timeout=TIMEOUT)
        assert run.returncode == 65, (content, run.stderr)
    run = subprocess.run([smap, "kernel", "-f", tmp_path / "none"], capture_output=True, text=True, timeout=TIMEOUT)
    assert run.returncode == 66


def test_a_kernel_started_by_hand_writes_its_own_file(smap, kernel_home):
    from jupyter_client.blocking.client import BlockingKernelClient

    process = subprocess.Popen([smap, "kernel"], stderr=subprocess.PIPE, text=True)
    assert "connect with" in process.stderr.readline()
    name = process.stderr.readline().split()[-1]
    path = kernel_home / "runtime" / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    client = BlockingKernelClient(connection_file=str(path))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=TIMEOUT)
    assert result(client, "6 * 7") == ["42"]
    client.shutdown()
    assert process.wait(timeout=TIMEOUT) == 0
    client.stop_channels()
    assert not path.exists()


def test_install_and_uninstall(smap, kernel_home, tmp_path):
    import json

    folder = tmp_path / "share/jupyter/kernels/smap"
    subprocess.run([smap, "kernel", "install", "--prefix", tmp_path], check=True, capture_output=True)
    spec = json.loads((folder / "kernel.json").read_text())
    assert spec["interrupt_mode"] == "message" and "{connection_file}" in spec["argv"]
    assert (folder / "logo-64x64.png").read_bytes().startswith(b"\x89PNG")
    subprocess.run([smap, "kernel", "uninstall", "--prefix", tmp_path], check=True, capture_output=True)
    assert not folder.exists()
    assert subprocess.run([smap, "kernel", "uninstall", "--prefix", tmp_path], capture_output=True).returncode == 66


def test_nbclient_executes_a_notebook(kernel_home):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(code) for code in [
        "let pictures = data.shapes(2, size = 8, seed = 1).images;\nprint(pictures.shape)",
        "image.grid(pictures)", 'slider("n", [1, 2, 3], fn(n) = n ** 2)', "plot.line([1, 3, 2])"]]
    nbclient.NotebookClient(notebook, kernel_name="smap", timeout=TIMEOUT).execute()
    nbformat.validate(notebook)
    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[0][0].text == "[2, 3, 8, 8]\n"
    assert outputs[1][0].data["image/png"].startswith("iVBOR")
    assert "application/vnd.jupyter.widget-view+json" in outputs[2][0].data
    assert "image/svg+xml" in outputs[3][0].data
    assert notebook.metadata.widgets
