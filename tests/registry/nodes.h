/* The nodes of wire.md 9.2: encoded as they are stored in a registry, and decoded once. (wire.md
 * quotes only the tail of N10; its head is that of N11.) */
#ifndef TESTS_REGISTRY_NODES_H
#define TESTS_REGISTRY_NODES_H

typedef struct sample_node {
    const char *name;
    const char *encoded;
    const char *decoded;
} sample_node;

/* Each node is one string literal, so that it can be searched for and compared with wire.md. */
/* clang-format off */
static const sample_node sample_nodes[] = {
    {"N1",
        "jsonrpc%3A%2F%2F192.168.2.1%3A38081%2Fcom.ofpay.demo.api.UserProvider2%3Fanyhost%3Dtrue%26application%3Djsonrpcdemo%26default.timeout%3D10000%26dubbo%3D2.4.10%26environment%3Dproduct%26interface%3Dcom.ofpay.demo.api.UserProvider%26methods%3DgetUser%2CqueryAll%2CisLimit%2CqueryUser%26owner%3Dwenwu%26pid%3D60402%26revision%3D2.0%26side%3Dprovider%26timestamp%3D1429105028153%26version%3D2.0",
        "jsonrpc://192.168.2.1:38081/com.ofpay.demo.api.UserProvider2?anyhost=true&application=jsonrpcdemo&default.timeout=10000&dubbo=2.4.10&environment=product&interface=com.ofpay.demo.api.UserProvider&methods=getUser,queryAll,isLimit,queryUser&owner=wenwu&pid=60402&revision=2.0&side=provider&timestamp=1429105028153&version=2.0"},
    {"N2",
        "jsonrpc%3A%2F%2F192.168.35.1%3A10000%2Fcom.youni.UserProvider%3Fapplication%3DPalmChat%26category%3Dprovider%26dubbo%3Ddubbo-provider-golang-0.1.1%26group%3D%26interface%3Dcom.youni.UserProvider%26ip%3D192.168.35.1%26methods%3DGetUser%26module%3Ddubbogo%2Buser-info%2Bserver%26org%3Dzenmen.com%26owner%3DZX%26pid%3D12345%26revision%3D%26side%3Dprovider%26timeout%3D3%26timestamp%3D1471910400%26version%3D",
        "jsonrpc://192.168.35.1:10000/com.youni.UserProvider?application=PalmChat&category=provider&dubbo=dubbo-provider-golang-0.1.1&group=&interface=com.youni.UserProvider&ip=192.168.35.1&methods=GetUser&module=dubbogo+user-info+server&org=zenmen.com&owner=ZX&pid=12345&revision=&side=provider&timeout=3&timestamp=1471910400&version="},
    {"N3",
        "jsonrpc%3A%2F%2F192.168.35.1%2Fcom.youni.UserProvider%3Fapplication%3DPalmChat%26category%3Dconsumer%26dubbo%3Ddubbo-consumer-golang-0.1.1%26group%3D%26interface%3Dcom.youni.UserProvider%26ip%3D192.168.35.1%26module%3Ddubbogo%2Buser-info%2Bclient%26org%3Dzenmen.com%26owner%3DZX%26pid%3D12345%26revision%3D%26side%3Dconsumer%26timeout%3D3%26timestamp%3D1471910400%26version%3D",
        "jsonrpc://192.168.35.1/com.youni.UserProvider?application=PalmChat&category=consumer&dubbo=dubbo-consumer-golang-0.1.1&group=&interface=com.youni.UserProvider&ip=192.168.35.1&module=dubbogo+user-info+client&org=zenmen.com&owner=ZX&pid=12345&revision=&side=consumer&timeout=3&timestamp=1471910400&version="},
    {"N4",
        "jsonrpc%3A%2F%2F192.168.35.1%3A10000%2Fcom.youni.UserProvider%3Fapplication%3DPalmChat%26category%3Dproviders%26dubbo%3Ddubbo-provider-golang-0.2.0%26interface%3Dcom.youni.UserProvider%26ip%3D192.168.35.1%26methods%3DGetUser%252CGetUsers%26module%3Ddubbogo%2Buser-info%2Bserver%26org%3Dzenmen.com%26owner%3DZX%26pid%3D12345%26revision%3D0.0.1%26side%3Dprovider%26timeout%3D3%26timestamp%3D1471910400%26version%3D1.0.0",
        "jsonrpc://192.168.35.1:10000/com.youni.UserProvider?application=PalmChat&category=providers&dubbo=dubbo-provider-golang-0.2.0&interface=com.youni.UserProvider&ip=192.168.35.1&methods=GetUser%2CGetUsers&module=dubbogo+user-info+server&org=zenmen.com&owner=ZX&pid=12345&revision=0.0.1&side=provider&timeout=3&timestamp=1471910400&version=1.0.0"},
    {"N5",
        "jsonrpc%3A%2F%2F192.168.35.1%3A10000%2Fcom.youni.UserProvider1.0.0%3Fapplication%3DPalmChat%26category%3Dprovider%26dubbo%3Ddubbo-provider-golang-0.1.1%26group%3D%26interface%3Dcom.youni.UserProvider%26ip%3D192.168.35.1%26methods%3DGetUser%26module%3Ddubbogo%2Buser-info%2Bserver%26org%3Dzenmen.com%26owner%3DZX%26pid%3D12345%26revision%3D1.0.0%26side%3Dprovider%26timeout%3D3%26timestamp%3D1471910400%26version%3D1.0.0",
        "jsonrpc://192.168.35.1:10000/com.youni.UserProvider1.0.0?application=PalmChat&category=provider&dubbo=dubbo-provider-golang-0.1.1&group=&interface=com.youni.UserProvider&ip=192.168.35.1&methods=GetUser&module=dubbogo+user-info+server&org=zenmen.com&owner=ZX&pid=12345&revision=1.0.0&side=provider&timeout=3&timestamp=1471910400&version=1.0.0"},
    {"N6",
        "jsonrpc%3A%2F%2F127.0.0.1%3A20001%2Fcom.ikurento.user.UserProvider%3Fanyhost%3Dtrue%26app.version%3D0.0.1%26application%3DBDTService%26category%3Dproviders%26cluster%3Dfailover%26dubbo%3Ddubbo-provider-golang-2.6.0%26environment%3Ddev%26group%3D%26interface%3Dcom.ikurento.user.UserProvider%26ip%3D10.32.20.124%26loadbalance%3Drandom%26methods.GetUser.loadbalance%3Drandom%26methods.GetUser.retries%3D1%26methods.GetUser.weight%3D0%26module%3Ddubbogo%2Buser-info%2Bserver%26name%3DBDTService%26organization%3Dikurento.com%26owner%3DZX%26pid%3D74500%26retries%3D0%26service.filter%3Decho%26side%3Dprovider%26timestamp%3D1560155407%26version%3D%26warmup%3D100",
        "jsonrpc://127.0.0.1:20001/com.ikurento.user.UserProvider?anyhost=true&app.version=0.0.1&application=BDTService&category=providers&cluster=failover&dubbo=dubbo-provider-golang-2.6.0&environment=dev&group=&interface=com.ikurento.user.UserProvider&ip=10.32.20.124&loadbalance=random&methods.GetUser.loadbalance=random&methods.GetUser.retries=1&methods.GetUser.weight=0&module=dubbogo+user-info+server&name=BDTService&organization=ikurento.com&owner=ZX&pid=74500&retries=0&service.filter=echo&side=provider&timestamp=1560155407&version=&warmup=100"},
    {"N7",
        "jsonrpc%3A%2F%2F127.0.0.1%3A20000%2Fcom.ikurento.user.UserProvider%3Fanyhost%3Dtrue%26application%3DBDTService%26category%3Dproviders%26default.timeout%3D10000%26dubbo%3Ddubbo-provider-golang-1.0.0%26environment%3Ddev%26interface%3Dcom.ikurento.user.UserProvider%26ip%3D192.168.56.1%26methods%3DGetUser%252C%26module%3Ddubbogo%2Buser-info%2Bserver%26org%3Dikurento.com%26owner%3DZX%26pid%3D1447%26revision%3D0.0.1%26side%3Dprovider%26timeout%3D3000%26timestamp%3D1556509797245",
        "jsonrpc://127.0.0.1:20000/com.ikurento.user.UserProvider?anyhost=true&application=BDTService&category=providers&default.timeout=10000&dubbo=dubbo-provider-golang-1.0.0&environment=dev&interface=com.ikurento.user.UserProvider&ip=192.168.56.1&methods=GetUser%2C&module=dubbogo+user-info+server&org=ikurento.com&owner=ZX&pid=1447&revision=0.0.1&side=provider&timeout=3000&timestamp=1556509797245"},
    {"N8",
        "dubbo%3A%2F%2F192.168.99.1%3A20880%2Fcom.alibaba.dubbo.samples.api.GreetingService%3Fanyhost%3Dtrue%26application%3Ddemo-provider%26dubbo%3D2.6.2%26generic%3Dfalse%26interface%3Dcom.alibaba.dubbo.samples.api.GreetingService%26methods%3DsayHello%26pid%3D12938%26side%3Dprovider%26timestamp%3D1533264631849",
        "dubbo://192.168.99.1:20880/com.alibaba.dubbo.samples.api.GreetingService?anyhost=true&application=demo-provider&dubbo=2.6.2&generic=false&interface=com.alibaba.dubbo.samples.api.GreetingService&methods=sayHello&pid=12938&side=provider&timestamp=1533264631849"},
    {"N9",
        "jsonrpc%3A%2F%2F192.168.35.3%3A10010%2Fcom.ikurento.user.UserProvider3%3Fanyhost%3Dtrue%26application%3Duser-info-server%26dubbo%3D2.0.2%26generic%3Dfalse%26group%3Das%26interface%3Dcom.ikurento.user.UserProvider%26methods%3DqueryAll%2CGetUserMap%2CisLimit%2CqueryUser%2CGetUsers%2CCalc%2CSum%2CgetUser%2CGetUser0%2CGetUser%26pid%3D4321%26revision%3D2.0%26side%3Dprovider%26timestamp%3D1556509797245%26version%3D2.0",
        "jsonrpc://192.168.35.3:10010/com.ikurento.user.UserProvider3?anyhost=true&application=user-info-server&dubbo=2.0.2&generic=false&group=as&interface=com.ikurento.user.UserProvider&methods=queryAll,GetUserMap,isLimit,queryUser,GetUsers,Calc,Sum,getUser,GetUser0,GetUser&pid=4321&revision=2.0&side=provider&timestamp=1556509797245&version=2.0"},
    {"N10",
        "jsonrpc%3A%2F%2F10.11.12.13%3A8080%2Fcom.jim.demo.dubbo.api.IMenuService%3Fanyhost%3Dtrue%26application%3Ddubbo-provider%26application.version%3D1.0.0%26deprecated%3Dfalse%26dubbo%3D2.0.2%26dynamic%3Dtrue%26generic%3Dfalse%26interface%3Dcom.jim.demo.dubbo.api.IMenuService%26methods%3DsayHi%26pid%3D250480%26register%3Dtrue%26release%3D2.7.3%26sayHi.retries%3D1%26sayHi.timeout%3D1000%26side%3Dprovider%26timestamp%3D1564144798682",
        "jsonrpc://10.11.12.13:8080/com.jim.demo.dubbo.api.IMenuService?anyhost=true&application=dubbo-provider&application.version=1.0.0&deprecated=false&dubbo=2.0.2&dynamic=true&generic=false&interface=com.jim.demo.dubbo.api.IMenuService&methods=sayHi&pid=250480&register=true&release=2.7.3&sayHi.retries=1&sayHi.timeout=1000&side=provider&timestamp=1564144798682"},
    {"N11",
        "jsonrpc%3A%2F%2F10.11.12.13%3A8080%2Fcom.jim.demo.dubbo.api.IMenuService%3Fanyhost%3Dtrue%26application%3Ddubbo-provider%26deprecated%3Dfalse%26dubbo%3D2.0.2%26dynamic%3Dtrue%26generic%3Dfalse%26interface%3Dcom.jim.demo.dubbo.api.IMenuService%26methods%3DsayHi%26pid%3D250480%26register%3Dtrue%26release%3D2.7.3%26sayHi.timeout%3D1000%26server%3Djetty%26side%3Dprovider%26timestamp%3D1564144798682",
        "jsonrpc://10.11.12.13:8080/com.jim.demo.dubbo.api.IMenuService?anyhost=true&application=dubbo-provider&deprecated=false&dubbo=2.0.2&dynamic=true&generic=false&interface=com.jim.demo.dubbo.api.IMenuService&methods=sayHi&pid=250480&register=true&release=2.7.3&sayHi.timeout=1000&server=jetty&side=provider&timestamp=1564144798682"},
    {"N12",
        "dubbo%3A%2F%2F10.200.20.231%3A20882%2Fcom.xavier.dubbo.api.ISayHelloService%3Fapplication%3Dspringboot-dubbo-provider%26cluster%3Dfailover%26deprecated%3Dfalse%26dubbo%3D2.0.2%26release%3D2.7.2%26timeout%3D50000%26timestamp%3D1567470284078%26version%3D1.0.1",
        "dubbo://10.200.20.231:20882/com.xavier.dubbo.api.ISayHelloService?application=springboot-dubbo-provider&cluster=failover&deprecated=false&dubbo=2.0.2&release=2.7.2&timeout=50000&timestamp=1567470284078&version=1.0.1"},
    {"N13",
        "dubbo%3A%2F%2F30.221.144.195%3A20880%2Forg.apache.dubbo.samples.api.GreetingsService%3Fanyhost%3Dtrue%26application%3Dfirst-dubbo-provider%26background%3Dfalse%26deprecated%3Dfalse%26dubbo%3D2.0.2%26dynamic%3Dtrue%26environment%3Dproduct%26executor-management-mode%3Ddefault%26file-cache%3Dtrue%26generic%3Dfalse%26interface%3Dorg.apache.dubbo.samples.api.GreetingsService%26methods%3DsayHi%26pid%3D37828%26prefer.serialization%3Dfastjson2%2Chessian2%26release%3D3.2.0-beta.6-SNAPSHOT%26service-name-mapping%3Dtrue%26side%3Dprovider%26timestamp%3D1677463548624",
        "dubbo://30.221.144.195:20880/org.apache.dubbo.samples.api.GreetingsService?anyhost=true&application=first-dubbo-provider&background=false&deprecated=false&dubbo=2.0.2&dynamic=true&environment=product&executor-management-mode=default&file-cache=true&generic=false&interface=org.apache.dubbo.samples.api.GreetingsService&methods=sayHi&pid=37828&prefer.serialization=fastjson2,hessian2&release=3.2.0-beta.6-SNAPSHOT&service-name-mapping=true&side=provider&timestamp=1677463548624"},
    {"N14",
        "tri%3A%2F%2F10.224.1.29%3A50052%2Forg.apache.dubbo.springboot.demo.DemoService%3Fapplication%3Ddubbo-springboot-demo-provider%26deprecated%3Dfalse%26dubbo%3D2.0.2%26dynamic%3Dtrue%26generic%3Dfalse%26interface%3Dorg.apache.dubbo.springboot.demo.DemoService%26methods%3DsayHello%26prefer.serialization%3Dfastjson2%2Chessian2%26release%3D3.3.0-beta.1%26service-name-mapping%3Dtrue%26side%3Dprovider%26timestamp%3D1706775452118",
        "tri://10.224.1.29:50052/org.apache.dubbo.springboot.demo.DemoService?application=dubbo-springboot-demo-provider&deprecated=false&dubbo=2.0.2&dynamic=true&generic=false&interface=org.apache.dubbo.springboot.demo.DemoService&methods=sayHello&prefer.serialization=fastjson2,hessian2&release=3.3.0-beta.1&service-name-mapping=true&side=provider&timestamp=1706775452118"},
    {"N15",
        "http%3A%2F%2F10.224.1.29%3A8080%2Fcom.foo.UserService%3Fapplication%3Duser%26deprecated%3Dfalse%26dubbo%3D2.0.2%26dynamic%3Dtrue%26generic%3Dfalse%26interface%3Dcom.foo.UserService%26methods%3DgetUser%26release%3D3.2.0%26side%3Dprovider%26timestamp%3D1706775452118",
        "http://10.224.1.29:8080/com.foo.UserService?application=user&deprecated=false&dubbo=2.0.2&dynamic=true&generic=false&interface=com.foo.UserService&methods=getUser&release=3.2.0&side=provider&timestamp=1706775452118"},
    {"N16",
        "consumer%3A%2F%2F100.80.146.24%2Fcom.liupeng.dubbo.DemoService%3Factives%3D5%26application%3Dapp-api-consumer%26category%3Dconsumers%26check%3Dfalse%26connections%3D2%26dubbo%3D2.6.1%26group%3Ddubbo1%26interface%3Dcom.liupeng.dubbo.DemoService%26methods%3DsayHello%2CtestValidation%2ClistInt%26pid%3D129048%26protocol%3Ddubbo%26revision%3D1.0.0%26router%3Dcondition%26side%3Dconsumer%26timeout%3D9000%26timestamp%3D1542957222642%26version%3D1.0.0",
        "consumer://100.80.146.24/com.liupeng.dubbo.DemoService?actives=5&application=app-api-consumer&category=consumers&check=false&connections=2&dubbo=2.6.1&group=dubbo1&interface=com.liupeng.dubbo.DemoService&methods=sayHello,testValidation,listInt&pid=129048&protocol=dubbo&revision=1.0.0&router=condition&side=consumer&timeout=9000&timestamp=1542957222642&version=1.0.0"},
    {"N17",
        "override%3A%2F%2F127.0.0.1%3A10000%2FtestService%3Fcategory%3Dconfigurators%26disabled%3Dtrue%26dynamic%3Dfalse%26enabled%3Dtrue%26group%3DtestGroup%26version%3D1.0.0",
        "override://127.0.0.1:10000/testService?category=configurators&disabled=true&dynamic=false&enabled=true&group=testGroup&version=1.0.0"},
    {"N18",
        "override%3A%2F%2F192.168.35.1%3A10000%2Fcom.youni.UserProvider%3Fcategory%3Dconfigurators%26dynamic%3Dfalse%26enabled%3Dtrue%26weight%3D200",
        "override://192.168.35.1:10000/com.youni.UserProvider?category=configurators&dynamic=false&enabled=true&weight=200"},
    {"N19",
        "route%3A%2F%2F0.0.0.0%2Fcom.youni.UserProvider%3Fcategory%3Drouters%26dynamic%3Dfalse%26enabled%3Dtrue%26force%3Dfalse%26name%3Dr1%26priority%3D0%26router%3Dcondition%26rule%3Dhost%2B%253D%2B10.20.153.10%2B%253D%253E%2Bhost%2B%2521%253D%2B10.20.153.11%26runtime%3Dfalse",
        "route://0.0.0.0/com.youni.UserProvider?category=routers&dynamic=false&enabled=true&force=false&name=r1&priority=0&router=condition&rule=host+%3D+10.20.153.10+%3D%3E+host+%21%3D+10.20.153.11&runtime=false"},
    {"N20",
        "jsonrpc%3A%2F%2F127.0.0.1%3A10000%2FtestService%3Fdefault.group%3DtestGroup%26default.version%3D1.0.0%26interface%3DtestService%26methods%3Dtest%26server%3Dnode%26side%3Dprovider%26category%3Dproviders",
        "jsonrpc://127.0.0.1:10000/testService?default.group=testGroup&default.version=1.0.0&interface=testService&methods=test&server=node&side=provider&category=providers"},
    {"N21",
        "jsonrpc%3A%2F%2F192.168.35.1%3A10000%2Fcom.youni.UserProvider%3Fanyhost%3Dtrue%26application%3Dcapp%26category%3Dproviders%26dubbo%3D2.6.2%26interface%3Dcom.youni.UserProvider%26methods%3DGetUser%2CGetUsers%26pid%3D4242%26revision%3D1.0.0%26side%3Dprovider%26timestamp%3D1700000000000%26version%3D1.0.0",
        "jsonrpc://192.168.35.1:10000/com.youni.UserProvider?anyhost=true&application=capp&category=providers&dubbo=2.6.2&interface=com.youni.UserProvider&methods=GetUser,GetUsers&pid=4242&revision=1.0.0&side=provider&timestamp=1700000000000&version=1.0.0"},
};
/* clang-format on */

#endif
