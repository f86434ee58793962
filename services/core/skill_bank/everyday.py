"""Words of the bank's vocabularies that people say of anything: a table is laid, an index card packed. Data only.

An answer that holds no other word of the trade may be about moving house.
"""

from __future__ import annotations

from services.core.skill_bank.cluster import words

EVERYDAY = words(
    "access accessibility accessible account accuracy ack acknowledge action actuator address alert alignment "
    "analysis answer any apollo approval arrive artifact ask assessor assumption attack attacker audit average "
    "await background backup backward batch battery behaviour bench block board boot borrow bottleneck branch "
    "break breaker brick broadcast broker bucket budget bug build bundle burn bus button cache calibrate "
    "calibration camera canary capacity capture cart cascade cassandra caught causal cause cent certificate "
    "certify change channel charge chart check checkout chef chip chunk citation class clean click client clock "
    "cloud coap cold collection commit communicate compare compensation compliance compute confidence connect "
    "connection consent container content context contract contrast control controller conversion core cost "
    "counter coverage crash credit currency current customer cut cycle cypress dangle dart data dead deadline "
    "debt decision defect define definition degrade delete deletion designer destroy deviation device diagnostic "
    "differ disk distribution document documentation double down download drain drift drill driver dump duplicate "
    "duty edge editor effect electronic environment envoy escalate evaluate evaluation event evict eviction "
    "evidence exact experiment experimentation expire explain exploit explore expo extract fact failure fake "
    "false fast fault feature field fill filter find fixture flag flash fleet flex flink flutter focus forecast "
    "foreground foreign form forward frame fraud freeze freshness ful function gain garbage gate generate generic "
    "glitch golden grain grid ground group guardrail handshake hardware harness hazard head header headroom "
    "health heap helm history hit hook horizontal host hot hour hypothesis iceberg idle image impact import "
    "incident index interference interval inventory inversion invoice job join judge key keyboard label lag lake "
    "landmark late layer layout lazy lead leader leak leakage least legacy letter library lifetime lift light "
    "limit line list load lock log loki loop lose lucene machine main manage manager manual map mean measure meet "
    "memo memory merchant merge message migrate migration minute misses mobile mock modal mode model module mongo "
    "monitor month motor mount narrow navigation negative nest network nod noise noisy nomad normal notification "
    "number objective offline old once online operator oracle order oscillate outbox owner ownership package "
    "packet pact page paint pair panda parallel partial partner patch pay payment peak peek percent performance "
    "permission personal phoenix pin plan planner playbook plot pod poison polar policy pool port positive power "
    "predict prefect price priority privacy probe process production profile promise prompt prop property prophet "
    "provider publish pull-up puppet purge push question queue race radio raft ram range rank rate read readable "
    "reader reboot recall recommendation record recover recovery reducer refresh refund region register registry "
    "regulator release relevance render replay report requirement reserve reset resource response rest restart "
    "restore result resume retire retried retrieve retry review revision rewrite rig risk roll root rotate round "
    "route router row run runner safe safety saga sample scale scan schedule scope scrape screen script scroll "
    "seam secret segment selector sensor serve service settlement shadow shake shed shift shuffle sidecar sign "
    "signal signature significance significant silence simulate simulation size skew sleep slot slow small "
    "snowflake solder source space span spark spend spi spill split spot spreadsheet stack stage stakeholder "
    "stall standby start startup stat static statistical statistics status step stock stop storage store "
    "storybook strangler stream strict strip struct suite surrogate suspense swagger swap switch symptom table "
    "tableau tag task tax teamcity temperature test them thread threat tick time timeline tool topic trace "
    "traffic train transform transmit tree trigger truck trust truth twice type understand union unit unknown "
    "unsafe update upgrade uplift usage user vault verify view voltage volume wake warehouse warm watcher wave "
    "week window worker worst writing wrong year zephyr zod zone "
)
