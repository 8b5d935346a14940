"""The folder of a file broker …"""

import json
import subprocess
import sys
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from loyalty import file_broker
from loyalty.file_broker import Folder

# Takes one message and is killed with it in its hands.
THIEF = """
import os, signal, sys
from pathlib import Path
from loyalty.file_broker import Folder
Folder(Path(sys.argv[1])).take("work")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_hands_messages_out_in_order(folder: Folder):
    for number in range(12):
        folder.put("work", {"number": number})

    taken = [folder.take("work")[0]["number"] for _ in range(12)]

    assert taken == list(range(12))
    with pytest.raises(Empty):
        folder.take("work")


def test_keeps_queues_apart(folder: Folder):
    folder.put("a", {})

    with pytest.raises(Empty):
        folder.take("a.b")


def test_gives_back_what_an_ended_process_held(folder: Folder):
    folder.put("work", {"number": 1})
    folder.put("work", {"number": 2})
    subprocess.run([sys.executable, "-c", THIEF, str(folder.root)], check=False, timeout=60)

    assert [folder.take("work")[0]["number"] for _ in range(2)] == [1, 2]


def test_leaves_what_a_living_process_holds(folder: Folder):
    folder.put("work", {"number": 1})
    folder.take("work")

    with pytest.raises(Empty):
        Folder(folder.root).take("work")


def test_forgets_a_message_when_it_is_acknowledged(tmp_path: Path):
    file_broker.install()
    options = {"folder": str(tmp_path)}
    with Connection("filesystem://localhost", transport_options=options) as broker:
        queue = broker.SimpleQueue("work")
        queue.put({"number": 1})

        message = queue.get(timeout=5)
        assert len(list(tmp_path.rglob("*.json"))) == 1
        message.ack()

        assert list(tmp_path.rglob("*.json")) == []


def test_puts_a_rejected_message_back(tmp_path: Path):
    file_broker.install()
    options = {"folder": str(tmp_path)}
    with Connection("filesystem://localhost", transport_options=options) as broker:
        queue = broker.SimpleQueue("work")
        queue.put({"number": 1})

        queue.get(timeout=5).requeue()

        [file] = tmp_path.rglob("*.json")
        assert file.parent.name == "work"
        assert json.loads(file.read_text())["properties"]
        assert queue.get(timeout=5).payload == {"number": 1}
