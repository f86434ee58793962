"""Devices out there: their radio, power and updates, and models that run on them."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, SEASONED, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "connectivity",
        "devices",
        Domain.EDGE,
        entries(
            "MQTT|CoAP",
            "Bluetooth Low Energy: ble, bluetooth",
            "LoRaWAN: lorawan, LoRa",
            "NB-IoT|LTE-M|Sigfox",
            "~Radio links",
            "Zigbee|Z-Wave",
            "Modbus|OPC UA|Profinet",
            "~Industrial protocols: plc, plcs",
            "IoT: iot, internet of things, iot devices, connected devices, iot-geräte",
        ),
        words(
            "connect connection reconnect broker topic publish subscribe qos retained payload gateway radio range"
            " signal airtime duty packet loss retry buffer queue offline store forward battery interference pairing"
            " join certificate keepalive bandwidth bytes message device devices field"
        ),
        (
            ask(
                "Tell me about devices that lost their connection in the field and did not behave as you had planned.",
                "How could you tell what had happened out there?",
                "What does the device do with its data meanwhile?",
                purpose="Behaviour without a connection, learned in the field.",
            ),
            ask(
                "Walk me through how one reading gets from a sensor of yours to the place where it is stored.",
                "Where on that way can it be lost, or arrive twice?",
                "What did you save on, and why there?",
                purpose="The whole path of a reading, with its losses.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe why you chose one radio or protocol over another for a product. What was the deciding"
                " constraint?",
                "Where did the real world differ from the specification?",
                "Would you choose the same today?",
                purpose="Protocol choice under constraints.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "fleet",
        "devices",
        Domain.EDGE,
        entries(
            "~Over-the-air updates: ota, ota updates, over-the-air, firmware updates, field updates",
            "~Device management: device fleet management, fleet management, device fleet, provisioning",
            "~Edge computing: edge, edge devices, iot edge, greengrass, k3s, edge gateways",
        ),
        words(
            "update updates rollout stage staged wave device devices fleet version rollback brick bricked slot"
            " partition power loss signature verify reboot health check percent telemetry offline bandwidth download"
            " resume provision certificate key gateway recover truck"
        ),
        (
            ask(
                "Tell me about an update to devices in the field that went wrong, or nearly did. What saved you?",
                "How many devices had it before you knew?",
                "What can an update still destroy today?",
                purpose="Field updates: staging, the way back, what remains.",
            ),
            ask(
                "Walk me through what happens on a device when the power goes in the middle of an update.",
                "How did you test that?",
                "What did you give up to have that safety?",
                purpose="Updates that survive the worst moment.",
                levels=HANDS_ON,
            ),
            ask(
                "How have you decided which of many thousand devices get a new version, and when to stop?",
                "Which signal did you watch?",
                "Who could stop it, and did they ever?",
                purpose="Running a fleet with limited sight of it.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "power",
        "devices",
        Domain.EDGE,
        entries(
            "~Low power: low-power, power budget, battery life, battery-powered, energy harvesting, power"
            " management, ultra-low power"
        ),
        words(
            "battery sleep wake current microamp microamps milliamp consumption leakage duty cycle radio transmit"
            " measure measured years cell capacity voltage regulator idle standby temperature budget average profile"
            " analyzer interval"
        ),
        (
            ask(
                "Tell me about a device that used more power than you had calculated. Where did it go?",
                "How did you measure it?",
                "What did the product lose to get it back?",
                purpose="A power budget that is measured.",
            ),
            ask(
                "Walk me through the energy a device of yours spends in one hour, and what you did about the largest"
                " part.",
                "What would double its life time?",
                "What did you estimate rather than measure?",
                purpose="Knowing where energy goes.",
            ),
        ),
    ),
    Cluster(
        "edge_inference",
        "learning",
        Domain.EDGE,
        entries(
            "TinyML: tinyml",
            "TensorFlow Lite: tensorflow lite, tflite",
            "ONNX: onnx, onnx runtime",
            "~On-device inference: edge ai, on-device",
            "NVIDIA Jetson: Jetson",
            "~Computer vision: opencv, image processing, object detection, gstreamer, bildverarbeitung",
            "~Signal processing: dsp, digital signal processing, sensor fusion",
        ),
        words(
            "model quantize quantized quantization int8 prune latency frame frames camera ram flash kilobytes"
            " accuracy false positive positives negative threshold dataset label sensor filter window sample"
            " inference accelerator gpu pipeline drift light field train milliseconds"
        ),
        (
            ask(
                "Tell me about getting a model to run on a device that was too small for it. What did you take away?",
                "What happened to accuracy, and who decided that this was enough?",
                "How did you measure on the device itself?",
                purpose="Inference within a budget, with accuracy as the price.",
            ),
            ask(
                "Describe a model or an algorithm that worked at your desk and failed in the field. What was"
                " different out there?",
                "How did you get the data to understand it?",
                "Which errors do you still accept?",
                purpose="The gap between lab and field data.",
            ),
        ),
    ),
    Cluster(
        "robotics",
        "embedded",
        Domain.EDGE,
        entries(
            "ROS: ros 2, ros2, robot operating system",
            "~Robotics: slam, robotik",
            "~Control systems: motion control, pid, control loops, motor control, regelungstechnik, simulink",
        ),
        words(
            "sensor lidar imu odometry map localize localization drift node topic message latency controller gain"
            " loop oscillate actuator motor trajectory simulation simulator calibrate calibration frame transform"
            " filter kalman safety stop"
        ),
        (
            ask(
                "Tell me about a machine that moved in a way it should not have. How did you find the reason?",
                "How did you make it safe to try again?",
                "What did the simulation not show?",
                purpose="Debugging where software moves things.",
            ),
            ask(
                "Walk me through a control or perception loop you built, with the delays in it.",
                "Which delay mattered most?",
                "What did you trade for stability?",
                purpose="Timing and stability in a loop with the real world.",
            ),
        ),
    ),
)
