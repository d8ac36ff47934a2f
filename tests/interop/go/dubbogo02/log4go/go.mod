module github.com/AlexStocks/log4go

go 1.21
