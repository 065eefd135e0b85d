"""Use, memory, power and temperature of the GPUs that a program may use, and the facts of all, by the tools of their makers; for the
process of ``_recorded``.

It reads what ``src/engine/supervisor/system/gpus.ts`` and ``record/gpus.ts`` read, in the same order; both are tested with the same answers.
"""
import json
import os
import re
import subprocess
import sys

# A driver that wakes up for each question needs seconds.
_TIMEOUT = 10
# Failures in a row after which a tool is not asked any more.
_MOST_FAILURES = 3
_NAMES = ("use_percent", "memory_mib", "power_watts", "temperature_celsius")
_NVIDIA = "index,uuid,utilization.gpu,memory.used,power.draw,temperature.gpu"
_MIB = 2**20
_IOREG = ("ioreg", "-r", "-d", "1", "-w", "0", "-c", "IOAccelerator")


class Gpus:
    """Asks the first tool that answers."""

    def __init__(self, environ=None):
        self._environ = os.environ if environ is None else environ
        self._visible = self._environ.get("CUDA_VISIBLE_DEVICES")
        hidden = self._visible is not None and (not self._visible.strip() or self._visible.strip().startswith("-1"))
        if sys.platform == "darwin":
            self._readers = [_apple]
        else:
            amd = [_rocm, _amd] if sys.platform == "linux" else []
            self._readers = [*([] if hidden else [self._nvidia]), *amd]
        self._failures = 0

    def read(self):
        """Metrics of all GPUs; empty when nothing tells of any. Never raises."""
        while self._readers:
            try:
                found = self._readers[0]()
                self._failures = 0
                return _metrics(found)
            except FileNotFoundError:
                self._readers.pop(0)
            except (OSError, ValueError, TypeError, RecursionError, subprocess.SubprocessError):
                self._failures += 1
                if self._failures < _MOST_FAILURES:
                    return {}
                self._readers.pop(0)
        return {}

    def _nvidia(self):
        text = _ask("nvidia-smi", f"--query-gpu={_NVIDIA}", "--format=csv,noheader,nounits")
        return parse_nvidia(text, self._visible)


def _metrics(gpus):
    values = {}
    for index, *numbers in gpus:
        for name, number in zip(_NAMES, numbers):
            if number is not None:
                values[f"system/gpu{index}_{name}"] = number
    return values


def _ask(*command):
    # It does not belong to the run.
    environ = {**os.environ, "TUNESMITH_OUTLIVE": "1"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=True, env=environ)
    return done.stdout.decode("utf-8", "replace")


def parse_nvidia(text, visible=None):
    """Reads the answer of ``nvidia-smi``: ``(index, use, memory, power, temperature)`` of the GPUs that CUDA_VISIBLE_DEVICES names."""
    gpus = []
    for line in text.splitlines():
        index, *rest = (cell.strip() for cell in line.split(","))
        if index.isdigit() and len(rest) >= 5:
            gpus.append((index, rest[0], [_number(cell) for cell in rest[1:5]]))
    if visible is not None:
        gpus = _visible(gpus, visible)
    return [(int(index), *numbers) for index, _, numbers in gpus]


def _visible(gpus, visible):
    kept = []
    for entry in (text.strip() for text in visible.split(",")):
        found = next((one for one in gpus if one[0] == entry or (len(entry) > 4 and one[1].startswith(entry))), None)
        if found is None:
            # CUDA itself ignores everything from the first entry that names no device.
            break
        kept.append(found)
    return kept


def _rocm():
    return parse_rocm(_ask("rocm-smi", "--showuse", "--showmeminfo", "vram", "--showpower", "--showtemp", "--json"))


def parse_rocm(text):
    """Reads the JSON of ``rocm-smi``, whose keys differ by version. Raises ValueError when it is none."""
    gpus = []
    for card, facts in _object(json.loads(text)).items():
        index = re.fullmatch(r"card(\d+)", card)
        if index is None or not isinstance(facts, dict):
            continue

        def find(pattern, facts=facts):
            name = next((name for name in facts if re.search(pattern, name, re.IGNORECASE)), None)
            return None if name is None else _number(str(facts[name]))

        used = find(r"^VRAM Total Used Memory")
        memory = None if used is None else round(used / _MIB)
        heat = find(r"^Temperature \(Sensor (?:edge|junction)")
        gpus.append((int(index[1]), find(r"^GPU use"), memory, find(r"Package Power"), heat))
    return gpus


def _amd():
    return parse_amd(_ask("amd-smi", "metric", "--usage", "--mem-usage", "--power", "--temperature", "--json"))


def parse_amd(text):
    """Reads the JSON of ``amd-smi metric``: a list of GPUs, or an object with it. Raises ValueError when it is neither."""
    read = json.loads(text)
    listed = read if isinstance(read, list) else _object(read).get("gpu_data")
    if not isinstance(listed, list):
        raise ValueError("amd-smi lists no GPUs")
    gpus = []
    for each in listed:
        facts = _object(each)
        index = facts.get("gpu")
        if type(index) is not int or index < 0:
            continue
        temperature = _object(facts.get("temperature"))
        edge = _quantity(temperature.get("edge"))
        gpus.append(
            (
                index,
                _quantity(_object(facts.get("usage")).get("gfx_activity")),
                _quantity(_object(facts.get("mem_usage")).get("used_vram")),
                _quantity(_object(facts.get("power")).get("socket_power")),
                _quantity(temperature.get("hotspot")) if edge is None else edge,
            )
        )
    return gpus


def _apple():
    return parse_apple(_ask(*_IOREG))


def parse_apple(text):
    """Reads the answer of ``ioreg``; power and temperature are for the superuser alone."""
    use = re.search(r'"Device Utilization %"\s*=\s*(\d+)', text)
    used = re.search(r'"In use system memory"\s*=\s*(\d+)', text)
    return [] if use is None else [(0, int(use[1]), None if used is None else round(int(used[1]) / _MIB), None, None)]


def gpu_facts():
    """Name, memory and driver of each GPU, by the first tool that lists any; as ``src/engine/supervisor/record/gpus.ts`` reads
    them. Never raises."""
    if sys.platform == "darwin":
        tools = [(_IOREG, _apple_facts)]
    else:
        query = ("nvidia-smi", "--query-gpu=memory.total,driver_version,name", "--format=csv,noheader,nounits")
        rocm = ("rocm-smi", "--showproductname", "--showmeminfo", "vram", "--showdriverversion", "--json")
        amd = ("amd-smi", "static", "--asic", "--vram", "--driver", "--json")
        tools = [(query, _nvidia_facts), (rocm, _rocm_facts), (amd, _amd_facts)]
    for command, read in tools:
        try:
            found = read(_ask(*command))
        except (OSError, ValueError, TypeError, RecursionError, subprocess.SubprocessError):
            continue
        if found:
            return found[:64]
    return []


def _nvidia_facts(text):
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) >= 3:
            found.append(_facts(", ".join(cells[2:]), _number(cells[0]), cells[1]))
    return found


def _rocm_facts(text):
    read = _object(json.loads(text))
    driver = _object(read.get("system")).get("Driver version")
    found = []
    for card, facts in read.items():
        if re.fullmatch(r"card\d+", card) is None:
            continue

        def find(pattern, facts=_object(facts)):
            return next((facts[name] for name in facts if re.match(pattern, name, re.IGNORECASE)), None)

        names = (find(pattern) for pattern in ("Device Name", "Card series", "Card model"))
        name = next((name for name in names if name is not None), "AMD GPU")
        memory = _number(str(find("VRAM Total Memory")))
        found.append(_facts(name, None if memory is None else memory / _MIB, driver))
    return found


def _amd_facts(text):
    read = json.loads(text)
    listed = read if isinstance(read, list) else _object(read).get("gpu_data")
    found = []
    for each in listed if isinstance(listed, list) else []:
        facts = _object(each)
        if "asic" in facts or "vram" in facts:
            name = _object(facts.get("asic")).get("market_name", "AMD GPU")
            memory = _quantity(_object(facts.get("vram")).get("size"))
            found.append(_facts(name, memory, _object(facts.get("driver")).get("version")))
    return found


def _apple_facts(text):
    found = []
    for part in text.split("+-o "):
        cores = re.search(r'"gpu-core-count"\s*=\s*(\d+)', part)
        model = re.search(r'"model"\s*=\s*<?"([^"]*)"', part)
        if cores or model:
            count = f" ({cores[1]} cores)" if cores else ""
            found.append(_facts((model[1] if model else "Apple GPU") + count, None, None))
    return found


def _facts(name, memory, driver):
    name, driver = (value.strip()[:200] if isinstance(value, str) else "" for value in (name, driver))
    return {"name": name, "memoryMiB": None if memory is None else round(memory), "driver": driver or None}


def _object(value):
    return value if isinstance(value, dict) else {}


def _quantity(written):
    """A number, or an object with a value and its unit; None for ``N/A``."""
    value = written.get("value") if isinstance(written, dict) else written
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if value - value == 0 else None
    return _number(value) if isinstance(value, str) else None


def _number(text):
    found = re.match(r"\s*[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", text)
    if found is None:
        return None
    value = float(found[0])
    return int(value) if value == int(value) else value
