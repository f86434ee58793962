"""Edge: software in devices, its hardware and its radio, and models that run there."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, SEASONED, STAFF_ONLY, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "native_languages",
        "embedded",
        Domain.EDGE,
        entries(
            "C++: c++, c++17, c++20, modern c++",
            "C: embedded c, ansi c, c99",
            "Rust: Rust, rustlang, no_std",
            "~Assembly language: assembler",
            "Zig",
        ),
        words(
            "memory heap stack allocation allocate pointer dangling overflow buffer leak borrow ownership lifetime"
            " unsafe ffi undefined behaviour race template compile compiler inline size kilobytes bytes ram flash"
            " static sanitizer debugger core dump cache alignment struct register volatile"
        ),
        (
            ask(
                "Tell me about a memory bug in {skill} that showed up far from its cause. How did you track it down?",
                "Which tool or trick finally showed it?",
                "What makes that kind of bug less likely in your code today?",
                purpose="Debugging memory errors where there is little to see.",
            ),
            ask(
                "Walk me through how you made a program in {skill} fit into the memory it had.",
                "Where had the bytes gone?",
                "What did the code lose in clarity for that?",
                purpose="A memory budget, met with open eyes.",
            ),
            ask(
                "Tell me about moving code from one language to another, say to {skill}, piece by piece. Where did"
                " you draw the border?",
                "What evidence did you have that it was worth it?",
                "What did you leave in the old language for good?",
                purpose="Incremental migration with a reason and a boundary.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "firmware",
        "embedded",
        Domain.EDGE,
        entries(
            "FreeRTOS: freertos",
            "RTOS: rtos, real-time operating system",
            "~Real-time systems: real-time constraints, real-time, echtzeit",
            "Zephyr: zephyr rtos",
            "~Firmware: firmware architecture, embedded software, embedded systems, bare metal, bare-metal, embedded"
            " development, eingebettete systeme",
            "Embedded Linux: embedded linux, device tree",
            "Yocto|Buildroot",
            "~Device drivers: device driver, board support, bsp, kernel drivers",
            "~Secure boot: bootloader, bootloaders, mcuboot",
        ),
        words(
            "task tasks priority interrupt interrupts isr latency deadline jitter queue mutex inversion watchdog"
            " reset timer scheduler stack driver register dma boot bootloader image flash partition signature key"
            " worst case microseconds milliseconds blocking tick sensor"
        ),
        (
            ask(
                "Tell me about a timing problem on a device that only showed up now and then. How did you catch it?",
                "How did you measure without disturbing it?",
                "What is the worst case now, and how do you know?",
                purpose="Real-time behaviour proven, not assumed.",
            ),
            ask(
                "Walk me through what your device does between power on and its first useful work.",
                "What happens if the power fails in the middle of that?",
                "Which step did you argue about most?",
                purpose="Start-up, and states a device can be caught in.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe the structure of firmware that you are responsible for. What did you keep apart from what?",
                "Which change was easy because of that, and which was not?",
                "What did the separation cost on the target?",
                purpose="Firmware architecture that survives the next board.",
            ),
            ask(
                "Tell me about a firmware decision that hardware, cloud and product people all had a stake in. How"
                " was it settled?",
                "Who carried the cost?",
                "What would you bring to the table earlier next time?",
                purpose="Firmware direction across disciplines.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "hardware",
        "embedded",
        Domain.EDGE,
        entries(
            "SPI|I2C|UART|RS-485",
            "~Communication protocols: communication protocol, field bus, fieldbus",
            "CAN bus: can bus, can-bus, canopen, autosar",
            "ARM Cortex: arm cortex, arm cortex-m, cortex-m33, cortex-m",
            "STM32|ESP32|nRF52",
            "~Microcontrollers: microcontroller, mikrocontroller",
            "~Hardware bring-up: bring-up, logic analyser, logic analyzer, oscilloscope, schematics, jtag",
            "FPGA: vhdl, verilog",
        ),
        words(
            "bus clock signal noise pull-up line scope oscilloscope analyser analyzer probe datasheet errata"
            " register timing voltage board revision pin address acknowledge glitch ground sensor chip peripheral"
            " dma interrupt solder prototype electronics"
        ),
        (
            ask(
                "Tell me about a fault where you could not tell whether hardware or software was to blame. How did"
                " you separate them?",
                "What did you see on the scope or the analyser?",
                "Who had to change something in the end?",
                purpose="Debugging on the border between board and code.",
            ),
            ask(
                "Walk me through bringing up a new board, up to the first thing that did not work as the data sheet"
                " said.",
                "How did you prove it?",
                "Is the workaround still in your code?",
                purpose="Bring-up with evidence.",
            ),
            ask(
                "Describe a time you asked for a change in the hardware because of the software. How did you make"
                " the case?",
                "What would it have cost to solve it in code?",
                "Did it turn out to be worth a new revision?",
                purpose="Trade-offs between board and firmware.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "safety",
        "quality",
        Domain.EDGE,
        entries(
            "~Functional safety: iec 61508, iso 26262, iec 62304, safety-relevant, safety-critical, misra, do-178c,"
            " asil, funktionale sicherheit",
        ),
        words(
            "hazard risk analysis requirement requirements trace traceability review evidence static analysis misra"
            " deviation fault failure mode fmea watchdog redundant safe state diagnostic coverage certify assessor"
            " audit document test verification"
        ),
        (
            ask(
                "Tell me about a hazard or a failure mode that changed your design. How was it found?",
                "How did you show that the measure works?",
                "What does your design still not protect from?",
                purpose="Safety as something that shapes a design.",
            ),
            ask(
                "Describe how you work under a safety standard without drowning in it. Take one piece of software as"
                " an example.",
                "Which rule did you deviate from, and how did you justify it?",
                "What did the standard make better?",
                purpose="Evidence and proportion under a standard.",
                levels=SEASONED,
            ),
        ),
    ),
)
