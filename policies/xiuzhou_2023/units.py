"""The units that the plan names. The Chinese names are facts."""

from policies.kit import Unit

SCIENCE = Unit("区科技局", "District Science and Technology Bureau")
TALENT = Unit("区委人才办", "Talent Office of the District Party Committee")
LABOUR = Unit("区人力社保局", "District Human Resources and Social Security Bureau")
COMMERCE = Unit("区经商局", "District Economy and Commerce Bureau")
TAX = Unit("区税务局", "District Tax Service")
MARKET = Unit("区市场监管局", "District Market Regulation Bureau")
FINANCE_OFFICE = Unit("区金融办", "District Finance Office")
PUBLICITY = Unit("区委宣传部", "Publicity Department of the District Party Committee")
MEDIA = Unit("区传媒中心", "District Media Centre")
REFORM = Unit("区发改局", "District Development and Reform Bureau")
LAND = Unit("区资规分局", "District Branch of Natural Resources and Planning")
ECOLOGY = Unit("区生态环境分局", "District Branch of Ecology and Environment")
CULTURE = Unit("区文旅局", "District Culture and Tourism Bureau")
TREASURY = Unit("区财政局", "District Finance Bureau")
HOUSING = Unit("区住建局", "District Housing and Construction Bureau")
DATA = Unit("区政务数据办", "District Government Data Office")
POWER = Unit("秀洲供电分公司", "Xiuzhou Branch of the Power Supply Company")
FEDERATION = Unit("区工商联", "District Federation of Industry and Commerce")
TOWNS = Unit("各镇", "every town", collective=True)
HIGH_TECH_ZONE = Unit("嘉兴国家高新区", "Jiaxing National High-tech Zone")
FIRM_FACING = Unit("相关涉企部门", "other units with policies for firms", collective=True)
OTHERS = Unit("相关部门", "other units concerned", collective=True)

ALL = (
    SCIENCE,
    TALENT,
    LABOUR,
    COMMERCE,
    TAX,
    MARKET,
    FINANCE_OFFICE,
    PUBLICITY,
    MEDIA,
    REFORM,
    LAND,
    ECOLOGY,
    CULTURE,
    TREASURY,
    HOUSING,
    DATA,
    POWER,
    FEDERATION,
    TOWNS,
    HIGH_TECH_ZONE,
    FIRM_FACING,
    OTHERS,
)
